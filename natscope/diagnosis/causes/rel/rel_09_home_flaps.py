"""The home relay moves to and fro between two that are equally near.

What it is
    A node moves its home where another relay is clearly nearer. Where two are about as near, a busy moment on the way
    to the one is enough, and the next busy moment on the way to the other moves it back. Each time all peers have to
    learn where the node waits now, and what was relayed stops for seconds.

What we look for
    - three moves or more between the same two relays, to and fro, in earlier runs of the last 24 hours in this network
      (by its default gateway), each while the old home answered;
    - round trips to both in this run that differ by less than 10 ms.

What would contradict it
    - round trips that differ by more in this run: then one is the better home here.
    A home that moves because its relay went away is none of this, nor one that moves with the computer from network to
    network.

What to do
    - Give one of the two a score a little above 1 in the map (`HomeParams.RegionScore`): whoever is about as near to
      both then chooses the other.
    - Where the line is what is busy, see what fills it (NS-PERF-03).

How to verify
    `natscope netcheck` names one home relay for a day.

Sources
    upstream net/netcheck/netcheck.go (addReportHistoryAndSetPreferredDERP: a home moves for 10 ms and a third),
    tailcfg/derpmap.go (HomeParams.RegionScore).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.causes.rel.relay_words import label
from natscope.diagnosis.facts import Facts, cite, ordered
from natscope.diagnosis.words import counted
from natscope.model.finding import Fix, Severity
from natscope.model.report import RelayReport
from natscope.model.tri import Tri

ENOUGH = 3
"""Moves: there and back may be one bad moment."""
EQUAL_MS = 10.0
"""What upstream takes for no difference."""
DAY_S = 24 * 3600.0

CAUSE = Cause(
    id="NS-REL-09",
    title="The home relay moves to and fro between two that are equally near.",
    severity=Severity.WARN,
    sides=1,
    who_can_fix=("relay's admin",),
    fires=("home-flaps",),
    silent=("healthy", "home-moved-once", "home-moved-elsewhere", "dead-relay", "udp-blocked"),
    hidden_by=("NS-ENV-01", "NS-ENV-02", "NS-ENV-06"),
    fixes=(
        Fix(
            do="In the map, give one of the two a score a little above 1 (HomeParams.RegionScore).",
            who="relay's admin",
            effort="E2",
            duration="5 min",
            undo="take it out",
            verify="natscope netcheck",
        ),
    ),
)


def evidence(facts: Facts) -> Support:
    """Earlier runs say that it moves, this run that both are equally near: two facts."""
    told = facts.seen("relay.moves")
    if not told:
        return unknown("earlier runs in which the home relay moved")
    pair, times = _pair(facts)
    if times < ENOUGH:
        return NOTHING
    here = [_nearest(facts, region_id) for region_id in pair]
    one, other = here
    if one is None or other is None:
        return unknown("round trips to both relays")
    apart = abs(one[0] - other[0])
    if apart >= EQUAL_MS:
        return NOTHING
    names = f"{label(one[1])} and {label(other[1])}"
    cited = ordered(one[1].evidence)[:2] + ordered(other[1].evidence)[:2]
    return Support(
        Tri.YES,
        (
            Ground(Strength.FACT, f"the home moved {counted(times, 'time')} between the two", cite(told)),
            Ground(Strength.FACT, "both are equally near in this run", cited),
        ),
        title=f"The home relay moves to and fro between {names}, which are equally near.",
        detail=f"It moved {counted(times, 'time')} in 24 hours; now {label(one[1])} is {one[0]:.0f} ms away and "
        f"{label(other[1])} {other[0]:.0f} ms.",
    )


def against(facts: Facts) -> Support:
    """One of the two is clearly nearer in this run."""
    pair, times = _pair(facts)
    if times < ENOUGH:
        return NOTHING
    one, other = (_nearest(facts, region_id) for region_id in pair)
    if one is None or other is None:
        return unknown("round trips to both relays")
    if abs(one[0] - other[0]) < EQUAL_MS:
        return NOTHING
    cited = ordered(one[1].evidence)[:2] + ordered(other[1].evidence)[:2]
    return Support(Tri.YES, (Ground(Strength.FACT, "one of the two is nearer in this run", cited),))


def _pair(facts: Facts) -> tuple[tuple[int, int], int]:
    """The two regions between which the home moved most often in this network, and how often to and fro."""
    counts: dict[tuple[int, int], list[int]] = {}
    for old, new in _moves(facts):
        by_way = counts.setdefault((min(old, new), max(old, new)), [0, 0])
        by_way[old > new] += 1
    turned = {pair: sum(by_way) for pair, by_way in counts.items() if all(by_way)}
    return min(((pair, n) for pair, n in turned.items()), key=lambda each: (-each[1], each[0]), default=((0, 0), 0))


def _moves(facts: Facts) -> Iterator[tuple[int, int]]:
    """From region to region, in this network and within a day."""
    for observation in facts.seen("relay.moves"):
        many = observation.data.get("moves")
        for move in many if isinstance(many, list | tuple) else ():
            if isinstance(move, dict) and move.get("here") is True and _is_recent(move.get("ago_s")):
                old, new = move.get("old"), move.get("new")
                if isinstance(old, int) and isinstance(new, int) and old != new:
                    yield old, new


def _is_recent(ago_s: Any) -> bool:
    return isinstance(ago_s, int | float) and 0 <= ago_s <= DAY_S


def _nearest(facts: Facts, region_id: int) -> tuple[float, RelayReport] | None:
    """The smallest round trip over UDP in this run, by which a home is chosen."""
    relay = next((r for r in facts.relays if r.region_id == region_id), None)
    if relay is None:
        return None
    times = [t for t in (relay.best_ms.stun_v4, relay.best_ms.stun_v6) if t is not None]
    return (min(times), relay) if times else None
