"""Marks of priority and congestion on the way to a helper: do they arrive as they were sent?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from natscope.model.endpoint import Family
from natscope.model.observation import Observation, Outcome, ProbeOutcome
from natscope.model.tri import Tri

KIND, NAME = "path.marks", "path_marks"
NO_HELPER = "no relay that answers tells how a request was marked when it came (natscope stun serve --helper does)"
UNTOLD = "the relay's system does not tell it how a request was marked"
LOST = "requests with marks got lost, while those without were answered: which mark does it was not tried"
UNCLEAR = "requests with marks got lost, and so did those without"
ENOUGH = 3
_ECN, _CHANGED_BY_CONGESTION = 0x03, 0x03


@dataclass(frozen=True, slots=True)
class Marks:
    """Of one family; `reasons` for what is unknown."""

    ecn: Tri = Tri.UNKNOWN
    dscp: Tri = Tri.UNKNOWN
    evidence: tuple[str, ...] = ()
    reasons: dict[str, str] = field(default_factory=dict)


def marks_of(family: Family, observations: Sequence[Observation], probes: Sequence[ProbeOutcome] = ()) -> Marks:
    """From `path.marks`. "Congestion experienced" in place of "capable" is what routers are meant to write."""
    seen = next((o for o in observations if o.kind == KIND and o.family == family), None)
    if seen is None:
        ran = next((p for p in probes if p.name == NAME), None)
        return _unknown(ran.reason if ran is not None and ran.state != "ran" and ran.reason else NO_HELPER)
    told, sent = seen.data.get("told"), seen.data.get("sent")
    if isinstance(told, int) and isinstance(sent, int):
        came = told & _ECN
        ecn = came in (sent & _ECN, _CHANGED_BY_CONGESTION)
        return Marks(Tri.of(ecn), Tri.of(told >> 2 == sent >> 2), (seen.id,))
    if seen.outcome is Outcome.ANSWERED:
        return _unknown(UNTOLD, seen)
    if seen.outcome is Outcome.LOCAL_ERROR:
        return _unknown(seen.summary or "this system refused to mark packets", seen)
    answered = seen.data.get("plain_answered")
    return _unknown(LOST if isinstance(answered, int) and answered >= ENOUGH else UNCLEAR, seen)


def _unknown(words: str, seen: Observation | None = None) -> Marks:
    return Marks(evidence=() if seen is None else (seen.id,), reasons={"ecn": words, "dscp": words})
