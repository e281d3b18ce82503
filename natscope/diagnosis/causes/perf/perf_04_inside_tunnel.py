"""The direct way leads through another tunnel.

What it is
    A direct connection uses whatever address answers fastest. If both nodes are also in another VPN, or have IPv6
    through a tunnel such as Teredo or 6to4, the mesh may run inside it: packets are wrapped twice, the largest packet
    gets smaller, and all goes by way of the other VPN's server. It says "direct" and is slow.

What we look for
    - the endpoint in use is an address of a tunnel of this computer, or lies in the prefixes of Teredo and 6to4.

What would contradict it
    - an endpoint outside.

What to do
    - Exclude the mesh VPN from the other one, or that one's prefix from the mesh VPN's endpoints.

How to verify
    `natscope ping PEER` names another endpoint.

Sources
    RFC 4380 (Teredo), RFC 3056 (6to4).
"""

from __future__ import annotations

from natscope.diagnosis.cause import NOTHING, Cause, Explains, Ground, Strength, Support, unknown
from natscope.diagnosis.pair.addresses import Kind, common_networks, kind_of, parse_all
from natscope.diagnosis.pair.facts import PairFacts
from natscope.diagnosis.pair.support import PairSupport
from natscope.model.endpoint import Endpoint
from natscope.model.finding import Fix, Severity
from natscope.model.pair import Blame
from natscope.model.tri import Tri

CAUSE = Cause(
    id="NS-PERF-04",
    title="The direct way leads through another tunnel: packets are wrapped twice.",
    severity=Severity.WARN,
    sides=2,
    explains=Explains.QUALITY,
    who_can_fix=("you",),
    fires=("direct inside a tunnel",),
    silent=("two cones",),
    fixes=(
        Fix(
            do="Let the mesh VPN go past the other VPN (split tunnel), or leave its prefix out.",
            who="you",
            effort="E2",
            duration="5 min",
            undo="put it back",
            verify="natscope ping PEER",
        ),
    ),
)
_INSIDE = (Kind.PRIVATE, Kind.UNIQUE_LOCAL, Kind.SHARED)


def pair_evidence(facts: PairFacts) -> Support:
    """An endpoint that answered and lies in a tunnel's network."""
    ends = facts.trial.answered
    if not ends:
        return unknown("a direct way")
    wrapped = [end for end in ends if kind_of(end.ip) in (Kind.TUNNEL, Kind.OVERLAY)]
    if wrapped:
        says = f"{wrapped[0].ip} is an address of a tunnel"
        return _found(Ground(Strength.DECISIVE, says, ("trial",)), wrapped[0])
    if facts.report is None or facts.report.is_masked:
        return unknown("this computer's interfaces (natscope netcheck)")
    for interface in facts.report.interfaces:
        own = parse_all(interface.addresses) if interface.kind == "tunnel" else ()
        for end in ends:
            if common_networks(own, (end.ip,), *_INSIDE):
                return _found(Ground(Strength.FACT, f"{end.ip} is in the network of {interface.name}", ("trial",)), end)
    return NOTHING


def _found(ground: Ground, end: Endpoint) -> Support:
    detail = f"Packets go to {end}."
    return PairSupport(Tri.YES, (ground,), detail=detail, blame=Blame.THIS, short="direct, inside another tunnel")


def pair_against(facts: PairFacts) -> Support:
    """Another endpoint that answered is no contradiction: the node picks one of them."""
    return NOTHING
