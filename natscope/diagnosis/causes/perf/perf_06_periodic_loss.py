"""Packets get lost in a fixed pattern.

What it is
    Of every so many packets in a row the same ones get lost, for example fifteen of eighteen, again and again. Losses
    by a full line or a bad radio come at random or in bursts. A fixed share comes from something that deals packets out
    in turn, and one of its ways leads nowhere: two gateways or links of a bundle, a port mapping that exists twice, a
    rule that holds for one of two VLANs, a policer that counts packets.

What we look for
    - a series of pings in which a pattern comes at least three whole times, with few packets beside it;
    - how often losses that do not know of each other would look like that: less than one series in a thousand, for all
      the periods together that were looked for.

What would contradict it
    - losses that fit no period better than chance does.

What to do
    - Look for what is there twice: gateways, links of a bundle, port mappings, VLANs. Take one out, and ping again.
    - Look at counters of rules and policers on the way.

How to verify
    `natscope ping PEER -c 200 --no-until-direct` names no pattern any more.

Sources
    The bound is the number of periodic patterns among all ways to lose so many packets; the correction for looking at
    many periods is Bonferroni's.
"""

from __future__ import annotations

from natscope.diagnosis.cause import NOTHING, Cause, Explains, Ground, Strength, Support, unknown
from natscope.diagnosis.loss_pattern import loss_pattern
from natscope.diagnosis.pair.facts import PairFacts
from natscope.diagnosis.pair.support import PairSupport
from natscope.model.finding import Fix, Severity
from natscope.model.mesh_ping import LossPattern
from natscope.model.tri import Tri

CAUSE = Cause(
    id="NS-PERF-06",
    title="Packets get lost in a fixed pattern: something on the way takes turns, and one turn leads nowhere.",
    severity=Severity.WARN,
    sides=2,
    explains=Explains.QUALITY,
    who_can_fix=("you", "administrator"),
    fires=("fifteen of eighteen pings lost",),
    silent=("two cones", "cone and symmetric, tried", "pings lost at random"),
    fixes=(
        Fix(
            do="Look for what is there twice on the way (a second gateway, a link of a bundle, a port mapping made "
            "twice), take one out, and ping again.",
            who="you",
            effort="E2",
            duration="15 min",
            undo="put it back",
            verify="natscope ping PEER -c 200 --no-until-direct",
        ),
        Fix(
            do="Look whether both directions take the same VLAN and gateway, and at counters of rules and policers for "
            "UDP.",
            who="administrator",
            effort="E3",
            duration="1 h",
            verify="natscope ping PEER -c 200 --no-until-direct",
        ),
    ),
)
MIN_PACKETS = 6
"""Fewer have no period of two that comes three times."""


def pair_evidence(facts: PairFacts) -> Support:
    """A pattern in the pings that chance does not explain."""
    lost = facts.trial.lost
    if len(lost) < MIN_PACKETS:
        return unknown("a series of pings (natscope ping PEER -c 200 --no-until-direct)")
    found = loss_pattern(lost)
    if found is None:
        return NOTHING
    return PairSupport(
        Tri.YES,
        (Ground(Strength.FACT, _pattern(found), ("trial",)),),
        title=f"Packets get lost in a fixed pattern: {found.lost} of every {found.period}.",
        detail=f"{_pattern(found)}; {_chance(found)}.",
        short="loses packets in a fixed pattern",
        also=(Ground(Strength.FACT, _chance(found), ("trial",)),),
    )


def _pattern(found: LossPattern) -> str:
    beside = f", with {found.misfits} of {found.packets} pings beside the pattern" if found.misfits else ""
    return f"In {found.periods} whole periods of {found.period} pings the same {found.lost} got lost{beside}"


def _chance(found: LossPattern) -> str:
    """As `1 in 1,000`, rounded to the cautious side; nobody cares beyond a million."""
    often = min(int(1 / found.chance), 1_000_000)
    return f"random loss looks like that at most once in {often:,} series"


def pair_against(facts: PairFacts) -> Support:
    """The test is the contradiction: what chance explains is not claimed."""
    return NOTHING
