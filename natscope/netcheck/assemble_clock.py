"""Whose clock is wrong: the times that relays tell, beside ours. Pure.

One relay alone cannot tell; where relays agree with each other, whoever disagrees is wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from natscope.model.observation import Observation, Outcome
from natscope.model.tri import Tri

TOLERANCE_S = 30.0
"""The header has whole seconds, and round trips take some: less than this is no skew."""
AGREE_S = 10.0
_WAYS = ("https.latency", "relay.check", "captive.challenge", "relay.port80")
_TRUSTED = (Outcome.ANSWERED,)
"""Only answers that proved to be the relay's own count: a login page has a clock too."""
NOBODY = "no relay told the time"
ALONE = "one relay alone tells another time: its clock may be the wrong one"
SCATTERED = "relays tell different times"


@dataclass(frozen=True, slots=True)
class ClockJudgement:
    """`right`: ours. `off_s`: how far the relays' is ahead, the median of those that agree. `wrong` are nodes."""

    right: Tri = Tri.UNKNOWN
    off_s: float | None = None
    wrong: tuple[str, ...] = ()
    reason: str = ""
    evidence: tuple[str, ...] = ()


def judge_clocks(observations: Sequence[Observation]) -> ClockJudgement:
    """From every answer that told the time."""
    by_node: dict[str, list[Observation]] = {}
    for observation in observations:
        told = observation.data.get("clock_off_s")
        if observation.kind in _WAYS and observation.outcome in _TRUSTED and isinstance(told, int | float):
            by_node.setdefault(observation.node or observation.target, []).append(observation)
    if not by_node:
        return ClockJudgement(reason=NOBODY)
    offsets = {node: median(float(o.data["clock_off_s"]) for o in group) for node, group in sorted(by_node.items())}
    ids = tuple(o.id for group in by_node.values() for o in group)
    agreeing = _largest_group(offsets)
    off_s = round(median(offsets[node] for node in agreeing), 1)
    wrong = tuple(node for node in offsets if node not in agreeing)
    is_right = abs(off_s) <= TOLERANCE_S
    if is_right:
        wrong = tuple(node for node in wrong if abs(offsets[node]) > TOLERANCE_S)
        if len(agreeing) > 1 or not wrong:
            return ClockJudgement(Tri.YES, off_s, wrong, "", ids)
    elif len(agreeing) > 1 and 2 * len(agreeing) > len(offsets):
        return ClockJudgement(Tri.NO, off_s, wrong, "", ids)
    return ClockJudgement(Tri.UNKNOWN, off_s, (), ALONE if len(offsets) == 1 else SCATTERED, ids)


def _largest_group(offsets: dict[str, float]) -> tuple[str, ...]:
    """The most nodes that agree within a few seconds; of equals, those nearest to our own clock."""
    groups = [
        tuple(node for node, other in offsets.items() if abs(other - offset) <= AGREE_S) for offset in offsets.values()
    ]
    return min(groups, key=lambda group: (-len(group), abs(offsets[group[0]])))
