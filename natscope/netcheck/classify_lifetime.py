"""How long mappings live, from tests of many sockets: pure.

A longer silence that was survived beats a shorter one that was not: something was lost there. An end counts where the
server said that it sent, and something else of ours was alive later. Mappings that end although they are kept alive
have an age where they agree on it better than on a moment of the clock; a moment is a router that was restarted.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from natscope.model.tri import Tri

MIN_DEAD, MIN_AGED = 2, 4
NARROW_S = 1.1
"""An interval that is no longer is rounded to a whole second in its middle."""
AFTER_S = 1.0
"""So much longer than a silent mapping lived, one that is kept alive shows what keeps it."""
MIN_UNKEPT = 2
"""So many that packets outwards did not keep."""
TOO_EARLY_S = 4.0
NO_END = "no silent mapping ended within the time that was watched, so nothing shows what prolongs one"
NOT_SEEN = "the router gives the same port back, so asking again shows nothing: that takes a helper or RESPONSE-PORT"
AT_ONCE = "mappings ended at one moment, whatever their age: the router or its address changed"
FEW_AGED = "too few of the mappings that were kept alive were seen"
NOT_LONG = "it was not watched to the end"
LINE_SILENT = "after that nothing of ours was alive: the line may have gone"
UNSURE = "too few mappings were tested that packets outwards alone may keep"
AGED = "mappings that were kept alive ended as well, so silence is not the reason"


@dataclass(frozen=True, slots=True)
class LifetimeTest:
    """One test. `at_s` on the run's clock, `age_s` of the mapping, `silence_s` since its last packet.

    `test`: `silent`, `kept` (alive by exchanges), `inwards` or `outwards` (packets in that direction alone, `silence_s`
    is that of the other one; `quiet_s` since the last of those outwards); `number` tells those of a kind apart. `alive`
    None: it could not be told.
    """

    observation: str
    test: str
    at_s: float
    age_s: float
    silence_s: float = 0.0
    alive: bool | None = None
    number: int = 0
    quiet_s: float = 0.0


@dataclass(frozen=True, slots=True)
class LifetimeVerdict:
    """Seconds, or None; a field is either known, a lower bound, or has its reason in `reasons`."""

    idle_s: float | None = None
    idle_at_least_s: float | None = None
    absolute_s: float | None = None
    absolute_at_least_s: float | None = None
    outbound: Tri = Tri.UNKNOWN
    inbound: Tri = Tri.UNKNOWN
    reasons: dict[str, str] = field(default_factory=dict)
    evidence: tuple[str, ...] = ()


def classify_lifetime(tests: Sequence[LifetimeTest]) -> LifetimeVerdict:
    """The verdict of one family's tests."""
    known = [t for t in tests if t.alive is not None]
    if not known:
        return LifetimeVerdict(reasons=dict.fromkeys(_FIELDS, NOT_SEEN if tests else NOT_LONG))
    reasons: dict[str, str] = {}
    evidence: list[str] = []
    ends = _ends(known)
    absolute, at_least = _absolute(known, ends, reasons, evidence)
    idle, idle_at_least = _idle(known, ends, reasons, evidence)
    outbound, inbound = _refresh(known, None if ends else idle, reasons, evidence)
    return LifetimeVerdict(
        idle_s=idle,
        idle_at_least_s=idle_at_least,
        absolute_s=None if absolute is None else _middle(*absolute),
        absolute_at_least_s=at_least,
        outbound=outbound,
        inbound=inbound,
        reasons=reasons,
        evidence=tuple(dict.fromkeys(evidence)),
    )


_FIELDS = (
    "mapping_lifetime_s", "mapping_lifetime_at_least_s", "absolute_lifetime_s", "absolute_lifetime_at_least_s",
    "refresh_outbound", "refresh_inbound",
)  # fmt: skip


def _middle(low: float, high: float) -> float:
    middle = (low + high) / 2
    return float(round(middle)) if high - low <= NARROW_S else round(middle, 1)


Bounds: TypeAlias = tuple[LifetimeTest, LifetimeTest]
"""The last test of one mapping that was alive, and the first that was not."""


def _kept(tests: Sequence[LifetimeTest]) -> dict[int, list[LifetimeTest]]:
    kept: dict[int, list[LifetimeTest]] = {}
    for test in sorted((t for t in tests if t.test == "kept"), key=lambda t: t.at_s):
        kept.setdefault(test.number, []).append(test)
    return kept


def _ends(tests: Sequence[LifetimeTest]) -> list[Bounds]:
    """Where mappings ended although they were kept alive."""
    return [bounds for seen in _kept(tests).values() if (bounds := _end(seen)) is not None]


def _absolute(
    tests: Sequence[LifetimeTest], ended: Sequence[Bounds], reasons: dict[str, str], evidence: list[str]
) -> tuple[tuple[float, float] | None, float | None]:
    """The ages between which kept mappings end, or how old they got at least."""
    kept = _kept(tests)
    if not ended:
        oldest = [max(t.age_s for t in seen if t.alive) for seen in kept.values() if any(t.alive for t in seen)]
        if len(oldest) < MIN_AGED:
            reasons["absolute_lifetime_s"] = reasons["absolute_lifetime_at_least_s"] = FEW_AGED
            return None, None
        reasons["absolute_lifetime_s"] = "mappings that are kept alive saw no end within the time that was watched"
        evidence += [seen[-1].observation for seen in kept.values()]
        return None, float(math.floor(min(oldest)))
    reasons["absolute_lifetime_at_least_s"] = "an end was seen"
    if len(ended) < MIN_AGED:
        reasons["absolute_lifetime_s"] = FEW_AGED
        return None, None
    low, high = max(a.age_s for a, _ in ended), min(b.age_s for _, b in ended)
    at_low, at_high = max(a.at_s for a, _ in ended), min(b.at_s for _, b in ended)
    if high - low <= at_high - at_low or low >= high:
        reasons["absolute_lifetime_s"] = AT_ONCE
        return None, None
    evidence += [test.observation for bounds in ended for test in bounds]
    return (low, high), None


def _end(seen: Sequence[LifetimeTest]) -> Bounds | None:
    before: LifetimeTest | None = None
    for test in seen:
        if not test.alive:
            return None if before is None else (before, test)
        before = test
    return None


def _idle(
    tests: Sequence[LifetimeTest], ended: Sequence[Bounds], reasons: dict[str, str], evidence: list[str]
) -> tuple[float | None, float | None]:
    """The silence after which a mapping ends, or the longest that one survived.

    Where kept mappings ended too, silent ones that had their age, or were tested after that moment, show nothing.
    """
    silent = [t for t in tests if t.test == "silent"]
    survived = [t for t in silent if t.alive]
    longest = max((t.silence_s for t in survived), default=0.0)
    dead = [t for t in silent if not t.alive and t.silence_s > longest]
    old, late = min((a.age_s for a, _ in ended), default=math.inf), min((a.at_s for a, _ in ended), default=math.inf)
    aged = any(t.age_s >= old or t.at_s >= late for t in dead)
    dead = [t for t in dead if t.age_s < old and t.at_s < late]
    at_least = float(math.floor(longest)) if longest > TOO_EARLY_S else None
    if not dead:
        reasons["mapping_lifetime_s"] = AGED if aged else NO_END.partition(",")[0]
        if at_least is None:
            reasons["mapping_lifetime_at_least_s"] = NOT_LONG
        evidence += [t.observation for t in survived if t.silence_s == longest]
        return None, at_least
    first = min(dead, key=lambda t: t.silence_s)
    if not any(t.alive and t.at_s > first.at_s for t in tests):
        reasons["mapping_lifetime_s"] = LINE_SILENT
        return None, at_least
    if len(dead) < MIN_DEAD or not survived:
        reasons["mapping_lifetime_s"] = NOT_LONG if survived else "silent mappings ended before the first test"
        return None, at_least
    evidence += [t.observation for t in (*survived, *dead) if t.silence_s in (longest, first.silence_s)]
    reasons["mapping_lifetime_at_least_s"] = "an end was seen"
    return _middle(longest, first.silence_s), None


def _refresh(
    tests: Sequence[LifetimeTest], idle_s: float | None, reasons: dict[str, str], evidence: list[str]
) -> tuple[Tri, Tri]:
    """What prolongs a mapping: only where silence ends one."""
    if idle_s is None:
        reasons["refresh_outbound"] = reasons["refresh_inbound"] = NO_END
        return Tri.UNKNOWN, Tri.UNKNOWN
    outwards = [t for t in tests if t.test == "outwards" and _shows_outwards(t, idle_s)]
    kept, unkept = [t for t in outwards if t.alive], [t for t in outwards if not t.alive]
    sure = len(unkept) >= MIN_UNKEPT
    inwards = [t for t in tests if t.test == "inwards"]
    longer = [t for t in inwards if t.alive and t.silence_s > idle_s + AFTER_S]
    over = [t for t in inwards if not t.alive and t.silence_s > idle_s - AFTER_S]
    evidence += [t.observation for t in (*(kept[:1] or unkept), *longer[:1], *over[:1])]
    if not kept and not sure:
        reasons["refresh_outbound"] = UNSURE
    if not longer and not over:
        reasons["refresh_inbound"] = NOT_LONG
    return Tri.of(True if kept else False if sure else None), Tri.of(True if longer else False if over else None)


def _shows_outwards(test: LifetimeTest, idle_s: float) -> bool:
    """Whether silence alone had ended it by then, but not before our last packet, nor since that one.

    A packet outwards after the end would have made a new mapping, with the same port where the router keeps ports.
    """
    last_s = test.silence_s - test.quiet_s
    return test.silence_s > idle_s + AFTER_S and max(last_s, test.quiet_s) < idle_s - AFTER_S
