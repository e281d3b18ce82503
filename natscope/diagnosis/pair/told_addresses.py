"""What the addresses that a node tells say of it: of which kinds they are, and whether one has several ports.

Source: upstream wgengine/magicsock (determineEndpoints, endpointTracker).
"""

from __future__ import annotations

from collections import defaultdict

from natscope.diagnosis.pair.addresses import LOCAL, Kind, kind_of
from natscope.diagnosis.pair.side import Side
from natscope.model.endpoint import Endpoint, IPAddress

_OUTSIDE = (Kind.PUBLIC, Kind.TUNNEL)


def told_kinds(side: Side, also: tuple[Endpoint, ...] = ()) -> str:
    """`tells no address`, `tells private addresses only` …: after the side's name. Empty where a public IPv4 address
    is among them and no carrier's, or where only a part of its addresses is known. `also` are told elsewhere.
    """
    if not side.tells_all:
        return ""
    ends = (*side.endpoints, *also)
    if not ends:
        return "tells no address"
    carrier = any(kind_of(end.ip) is Kind.SHARED for end in ends)
    if any(end.family == 4 and kind_of(end.ip) is Kind.PUBLIC for end in ends):
        return "tells an address of a carrier's network (CGNAT) too" if carrier else ""
    if any(kind_of(end.ip) in _OUTSIDE for end in ends):
        rest = ", and one of a carrier's network (CGNAT)" if carrier else ""
        return f"tells IPv6 addresses, but no public IPv4 one{rest}"
    if carrier:
        return "tells no public address, but one of a carrier's network (CGNAT)"
    if any(kind_of(end.ip) in LOCAL for end in ends):
        return "tells private addresses only"
    return "tells no usable address"


def is_out_of_reach(side: Side, also: tuple[Endpoint, ...] = ()) -> bool:
    """Does it tell nothing but addresses that lead nowhere from outside its own network or its carrier's?"""
    return side.tells_all and not any(kind_of(end.ip) in _OUTSIDE for end in (*side.endpoints, *also))


def several_ports(side: Side) -> tuple[IPAddress, int] | None:
    """The public IPv4 address of which it tells most ports, and how many; None where each has one.

    It has one socket for each family, so one port is what a router with one port for all peers shows. More of them are
    a sign of one with another port for each, and no more than that: a port that was opened is told beside the one that
    relays saw, and one that was seen before for five minutes more (`endpointTrackerLifetime`).
    """
    ports: dict[IPAddress, set[int]] = defaultdict(set)
    for end in side.of_kind(Kind.PUBLIC, family=4) if side.tells_all else ():
        ports[end.ip].add(end.port)
    most = max(ports, key=lambda ip: (len(ports[ip]), -int(ip)), default=None)
    return (most, len(ports[most])) if most is not None and len(ports[most]) > 1 else None
