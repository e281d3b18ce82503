"""Packets go through a third node, a hub, in place of straight to the one they are for.

What it is
    In a star every packet takes two legs: from here to the hub, and from the hub to its end. The round trip is the sum
    of both, and the hub's line carries everything twice. A mesh is there to avoid that. It happens where somebody uses
    an address behind a router of the mesh although the machine with that address is a node of the mesh itself, and
    where packets go through a peer that serves as a relay.

What we look for
    - the address that is asked for lies behind a peer that offers a route to it, or is reached through the exit node in
      use, and another node of the mesh tells that address as its own;
    - or the node's own word that packets to the peer go through another node.

    The triangle is measured where it can be: a round trip through the hub against one straight to the node.

What would contradict it
    - the node's own word that offered routes are not used here.

What to do
    - Use the node's name in the mesh, or its mesh address, in place of the address behind the hub.

How to verify
    `natscope ping NODE`, by its name in the mesh.

Sources
    Upstream ipn/ipnstate (AllowedIPs, PeerRelay). Private addresses repeat in other networks, so one of those alone
    makes it no more than likely.
"""

from __future__ import annotations

from natscope.diagnosis.cause import NOTHING, Cause, Explains, Ground, Strength, Support, unknown
from natscope.diagnosis.pair.addresses import Kind, kind_of
from natscope.diagnosis.pair.facts import PairFacts
from natscope.diagnosis.pair.side import MAX_NAME, named
from natscope.diagnosis.pair.star import Star, hub_node, hub_place
from natscope.diagnosis.pair.support import PairSupport
from natscope.model.endpoint import IPAddress
from natscope.model.finding import Fix, Severity
from natscope.model.mesh_status import MeshNode, Way
from natscope.model.pair import Blame
from natscope.model.tri import Tri

CAUSE = Cause(
    id="NS-PERF-07",
    title="Packets go through a third node, a hub, in place of straight to their end.",
    severity=Severity.WARN,
    sides=2,
    explains=Explains.QUALITY,
    who_can_fix=("you",),
    fires=("an address behind a hub", "through a peer relay"),
    silent=("two cones", "an address behind a hub, routes not used"),
    fixes=(
        Fix(
            do="Use the node's name in the mesh in place of the address behind the hub.",
            who="you",
            effort="E1",
            duration="2 min",
            verify="natscope ping NODE",
        ),
    ),
)
NOT_USED = "accept-routes is false"
"""In the program's own warning that offered routes are not used here (upstream health/warnings.go)."""
_ANYWHERE = (Kind.PRIVATE, Kind.LINK_LOCAL, Kind.SHARED)


def pair_evidence(facts: PairFacts) -> Support:
    """The way that the node tells, else an address behind the peer."""
    star = facts.star
    if facts.node is None or facts.node.way is not Way.PEER_RELAY:
        if star is not None and star.address is not None:
            return _behind(facts, star, star.address)
        known = facts.node is not None and facts.node.way is not Way.UNKNOWN
        return NOTHING if known else unknown("the way of packets (natscope status)")
    known_hub = hub_node(facts.node, facts.status)
    hub = _called(known_hub, hub_place(facts.node)[:MAX_NAME])
    ground = Ground(Strength.DECISIVE, f"the node's status: through {hub}", ("peer:peer_relay",))
    return PairSupport(
        Tri.YES,
        (ground,),
        title=f"Packets to {facts.peer.called} go through {hub}, another node of the mesh.",
        detail=_legs(star, hub, facts.peer.called) if star is not None and star.address is None else "",
        severity=Severity.INFO,
        fixes=(),
        blame=Blame.UNKNOWN,
        short="through another node",
    )


def _called(node: MeshNode | None, otherwise: str) -> str:
    """By its name, of a length that a name can have."""
    return named(node.short_name).called if node is not None and node.short_name else otherwise


def _legs(star: Star, hub: str, end: str) -> str:
    """Both legs of a peer relay, as far as they were measured."""
    if star.through_s is None:
        return ""
    whole = f"Round trip to {end}: {star.through_s * 1000:.0f} ms"
    if star.hub_s is None or star.hub_s > star.through_s:
        return f"{whole}."
    rest = (star.through_s - star.hub_s) * 1000
    return f"{whole}, of which {star.hub_s * 1000:.0f} ms to {hub} and {rest:.0f} ms from there."


def _behind(facts: PairFacts, star: Star, address: IPAddress) -> Support:
    """Certain where packets to the address came back through the hub, or it is the exit node in use, and the address is
    nobody else's.
    """
    hub, node = facts.peer.called, _called(star.node, str(address))
    is_exit = facts.node is not None and facts.node.is_exit_node is True
    route = Strength.DECISIVE if is_exit or star.through_s is not None else Strength.FACT
    own = Strength.FACT if kind_of(address) in _ANYWHERE else Strength.DECISIVE
    grounds = (
        Ground(route, f"{address} lies behind {hub}", ("peer:routes",)),
        Ground(own, f"{node} tells {address} as its own", ("status:endpoints",)),
    )
    slower = star.is_straight is Tri.YES and (
        star.through_s is None or star.straight_s is None or star.straight_s < star.through_s
    )
    return PairSupport(
        Tri.YES,
        grounds,
        title=f"Packets to {address} go through {hub}, but {node} has that address and is in the mesh itself.",
        detail=_triangle(star, hub, node),
        severity=None if slower else Severity.INFO,
        blame=Blame.THIS,
        short=f"a detour through {hub}" if len(hub) <= 20 else "a detour through a hub",
    )


def _triangle(star: Star, hub: str, node: str) -> str:
    """Both ways, as far as they were measured."""
    kind = {Tri.YES: "directly", Tri.NO: "through a relay"}.get(star.is_straight, "by its mesh address")
    ways = ((f"through {hub}", star.through_s), (f"{kind} to {node}", star.straight_s))
    told = [f"{seconds * 1000:.0f} ms {way}" for way, seconds in ways if seconds is not None]
    return f"Round trips: {', '.join(told)}." if told else ""


def pair_against(facts: PairFacts) -> Support:
    """Routes that are not used carry nothing. An exit node is in use by another switch, and a round trip through the
    hub shows that its route is.
    """
    is_used = facts.node is not None and (facts.node.way is Way.PEER_RELAY or facts.node.is_exit_node is True)
    if is_used or facts.star is None or facts.star.address is None or facts.star.through_s is not None:
        return NOTHING
    if facts.status is None:
        return unknown("whether offered routes are used here")
    if any(NOT_USED in message.lower() for message in facts.status.health):
        return Support(Tri.YES, (Ground(Strength.DECISIVE, "offered routes are not used here", ("status:health",)),))
    return NOTHING
