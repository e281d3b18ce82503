"""Are two nodes in one network, or behind one router?

Private prefixes repeat: 192.168.1.0/24 at both ends is no sign of one network. A common public address is a sign of one
router, which may be a carrier's; together with a single translating router on both ways out it is one of one network.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from natscope.diagnosis.pair.addresses import Kind, common_networks
from natscope.diagnosis.pair.side import Side
from natscope.model.tri import Tri

WRITTEN_BY_HAND = ipaddress.IPv6Network("fd00::/48")
"""Unique local addresses whose random part (RFC 4193 section 3.2) was left at zero, as in many networks."""

HIDDEN_ROUTER = "whether one router serves both is not known: addresses are masked"


@dataclass(frozen=True, slots=True)
class Neighbours:
    """`same_router`: do both show one public address over IPv4. `same_network`: can they reach local addresses of each
    other. `common` are prefixes in which both have an address, `reason` is one clause. `hidden`: addresses of a side
    are masks, so whether one router serves both cannot be known.
    """

    same_router: Tri
    same_network: Tri
    common: tuple[str, ...]
    reason: str
    hidden: bool = False


def neighbours(this: Side, peer: Side) -> Neighbours:
    """From public and local addresses and the number of routers."""
    if this.masked or peer.masked:
        return _masked(this, peer)
    same_router = _same_public(this, peer)
    shared = common_networks(this.local, peer.local, Kind.PUBLIC, Kind.UNIQUE_LOCAL)
    by_prefix = tuple(network for network in shared if ":" in network and not _is_repeated(network))
    private = common_networks(this.local, peer.local, Kind.PRIVATE) + tuple(filter(_is_repeated, shared))
    if by_prefix:
        return Neighbours(same_router, Tri.YES, by_prefix + private, f"both have an address in {by_prefix[0]}")
    if not this.local or not peer.local:
        return Neighbours(same_router, Tri.UNKNOWN, (), "local addresses are known of one side only")
    if not private:
        return _no_common(same_router, this, peer)
    network = private[0]
    if same_router is Tri.NO:
        reason = f"both use {network}, but behind different routers: two networks with the same addresses"
        return Neighbours(same_router, Tri.NO, private, reason)
    if same_router is Tri.UNKNOWN:
        return Neighbours(same_router, Tri.UNKNOWN, private, f"both use {network}, as thousands of networks do")
    if this.layers == 1 and peer.layers == 1:
        return Neighbours(same_router, Tri.YES, private, f"one router, and both have an address in {network}")
    reason = f"one public address and both in {network}: one home, or two behind one carrier's router"
    return Neighbours(same_router, Tri.UNKNOWN, private, reason)


def _masked(this: Side, peer: Side) -> Neighbours:
    """Private addresses over IPv4 alone are what they were; every report has the same masks for the rest."""
    private = common_networks(this.local, peer.local, Kind.PRIVATE)
    if private:
        reason = f"both use {private[0]}, as thousands of networks do"
    elif not this.local or not peer.local:
        reason = "local addresses are known of one side only"
    else:
        reason = HIDDEN_ROUTER
    return Neighbours(Tri.UNKNOWN, Tri.UNKNOWN, private, reason, hidden=True)


def _is_repeated(prefix: str) -> bool:
    """Is a prefix one that several networks gave themselves, as they do with private ones?"""
    network = ipaddress.ip_network(prefix)
    return isinstance(network, ipaddress.IPv6Network) and network.subnet_of(WRITTEN_BY_HAND)


def _no_common(same_router: Tri, this: Side, peer: Side) -> Neighbours:
    if same_router is Tri.YES:
        return Neighbours(
            same_router, Tri.UNKNOWN, (), "behind one router in two networks; whether it leads from one to the other"
            " is not known"
        )  # fmt: skip
    return Neighbours(same_router, Tri.NO, (), "no network in common")


def _same_public(this: Side, peer: Side) -> Tri:
    """Of several public addresses of a side, some may not have been seen."""
    one, other = set(this.v4.public), set(peer.v4.public)
    if not one or not other:
        return Tri.UNKNOWN
    if one & other:
        return Tri.YES
    sure = this.v4.paired.value is not Tri.NO and peer.v4.paired.value is not Tri.NO
    return Tri.NO if sure else Tri.UNKNOWN
