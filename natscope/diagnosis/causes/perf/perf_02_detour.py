"""The direct way is longer than the one through a relay.

What it is
    Packets between two providers go where these exchange traffic, which may be far from both: in another country, or
    across an ocean and back. A mesh VPN takes the direct way as soon as there is one, even where a relay that lies well
    between the two is nearer to both.

What we look for
    - at least three direct pongs, and their median;
    - at least three pongs of the same run through a relay; or the round trips from both sides to one relay, added up;
    - the direct way slower by a third and by 10 ms at least, and even its fastest pong slower than by way of the relay.

What would contradict it
    - an endpoint of a local network: then the air or a full line is slow, not the route;
    - a direct way inside another tunnel (NS-PERF-04).

What to do
    - Put a node of yours near that relay in between, for traffic that matters: a subnet router, a proxy.
    - Show the provider both round trips and a traceroute to the peer's public address.

How to verify
    `natscope ping PEER -c 20 --no-until-direct`

Sources
    Upstream wgengine/magicsock/endpoint.go (any direct address that answers is taken before a relay).
"""

from __future__ import annotations

import statistics

from natscope.diagnosis.cause import NOTHING, Cause, Explains, Ground, Strength, Support, unknown
from natscope.diagnosis.causes.perf import perf_04_inside_tunnel
from natscope.diagnosis.pair.addresses import LOCAL, kind_of
from natscope.diagnosis.pair.facts import PairFacts
from natscope.diagnosis.pair.support import PairSupport
from natscope.model.finding import Fix, Severity
from natscope.model.tri import Tri

CAUSE = Cause(
    id="NS-PERF-02",
    title="The direct way is longer than the one through a relay: the providers exchange traffic far away.",
    severity=Severity.WARN,
    sides=2,
    explains=Explains.QUALITY,
    who_can_fix=("you", "provider"),
    fires=("direct is a detour", "direct is a detour by both sides' reports"),
    silent=("two cones", "direct inside a tunnel", "direct and near"),
    fixes=(
        Fix(
            do="For traffic that matters, put a node of yours near that relay in between: a subnet router or a proxy.",
            who="you",
            effort="E2",
            duration="1 h",
            undo="take it out",
            verify="natscope ping PEER -c 20 --no-until-direct",
        ),
        Fix(
            do="Open a ticket at the provider: both round trips, and a traceroute in each direction between the two "
            "public addresses.",
            who="provider",
            effort="E5",
            duration="days",
            verify="natscope ping PEER -c 20 --no-until-direct",
        ),
    ),
)
ENOUGH = 3
"""Pongs by a way, so that its median is none that met a queue."""
SLOWER, MARGIN_MS = 4 / 3, 10.0
"""How much longer is clear: round trips to relays are added up, and relays take time themselves."""


def pair_evidence(facts: PairFacts) -> Support:
    """Medians of both ways, or of the direct one beside what both sides measured to one relay."""
    direct = facts.trial.direct_ms
    if len(direct) < ENOUGH:
        return unknown("some direct pongs (natscope ping PEER -c 20 --no-until-direct)")
    ways = _ways(facts)
    if not ways:
        return unknown("pongs through a relay, or both sides' round trips to one")
    relay_ms, says, evidence = min(ways)
    median = statistics.median(direct)
    if median < max(relay_ms * SLOWER, relay_ms + MARGIN_MS) or min(direct) <= relay_ms:
        return NOTHING
    straight = f"{len(direct)} direct pongs took {median:.0f} ms (median), the fastest {min(direct):.0f} ms"
    return PairSupport(
        Tri.YES,
        (Ground(Strength.FACT, straight, ("trial",)), Ground(Strength.FACT, says, evidence)),
        title=f"The direct way takes {median:.0f} ms, the one by way of a relay {relay_ms:.0f} ms.",
        detail=f"{straight}; {says}.",
        short="direct, by a detour",
    )


def _ways(facts: PairFacts) -> list[tuple[float, str, tuple[str, ...]]]:
    """Round trips by way of relays, how they are known, and by what."""
    found: list[tuple[float, str, tuple[str, ...]]] = []
    relayed = facts.trial.relayed_ms
    if len(relayed) >= ENOUGH:
        median = statistics.median(relayed)
        found.append((median, f"{len(relayed)} pongs through a relay took {median:.0f} ms (median)", ("trial",)))
    if facts.this.blurred or facts.peer.blurred:
        return found
    mine, theirs = facts.this.latency_ms, facts.peer.latency_ms
    for code in sorted(mine.keys() & theirs.keys()):
        whole = mine[code] + theirs[code]
        parts = f"{facts.this.whose} {mine[code]:.0f} ms and {facts.peer.whose} {theirs[code]:.0f} ms"
        found.append((whole, f"{parts} to relay {code} are {whole:.0f} ms together", ("this:latency", "peer:latency")))
    return found


def pair_against(facts: PairFacts) -> Support:
    """A local endpoint, or a tunnel: no provider's route is what is long."""
    if perf_04_inside_tunnel.pair_evidence(facts).holds is Tri.YES:
        return Support(Tri.YES, (Ground(Strength.FACT, "it leads through another tunnel", ("trial",)),))
    if any(kind_of(end.ip) in LOCAL for end in facts.trial.answered):
        return Support(Tri.YES, (Ground(Strength.DECISIVE, "it answers inside a local network", ("trial",)),))
    return NOTHING
