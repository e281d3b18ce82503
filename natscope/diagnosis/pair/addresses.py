"""Kinds of addresses that nodes tell each other, and which of them can belong to one network."""

from __future__ import annotations

import enum
import functools
import ipaddress
from collections.abc import Iterable

from natscope.model.address_space import is_private, is_shared
from natscope.model.endpoint import Endpoint, IPAddress

OVERLAY_6 = ipaddress.IPv6Network("fd7a:115c:a1e0::/48")
"""The mesh's own addresses over IPv6 (upstream net/tsaddr)."""
TUNNELS_6 = tuple(ipaddress.IPv6Network(text) for text in ("2001::/32", "2002::/16"))
"""Teredo (RFC 4380) and 6to4 (RFC 3056): IPv6 inside IPv4, by strangers' relays."""
SAME_NETWORK_BITS = {4: 24, 6: 64}
"""Reports tell no prefix lengths: homes use 24 bits, and a link has one /64 (RFC 4291)."""


class Kind(enum.StrEnum):
    """What an address says about where it can be reached from."""

    PRIVATE = "private"
    """RFC 1918: in thousands of networks at once."""
    UNIQUE_LOCAL = "unique-local"
    """RFC 4193: random, so the same prefix means the same network."""
    LINK_LOCAL = "link-local"
    SHARED = "shared"
    """100.64.0.0/10, RFC 6598: between customers and their carrier's router, or the mesh's own."""
    OVERLAY = "overlay"
    TUNNEL = "tunnel"
    LOOPBACK = "loopback"
    PUBLIC = "public"
    OTHER = "other"
    """Multicast, unspecified, reserved: nobody is reached there."""


@functools.lru_cache(maxsize=4096)
def kind_of(ip: IPAddress) -> Kind:
    """By explicit prefixes."""
    if ip.is_loopback:
        return Kind.LOOPBACK
    if ip.is_link_local:
        return Kind.LINK_LOCAL
    if isinstance(ip, ipaddress.IPv6Address) and ip in OVERLAY_6:
        return Kind.OVERLAY
    if is_private(ip):
        return Kind.PRIVATE if ip.version == 4 else Kind.UNIQUE_LOCAL
    if is_shared(ip):
        return Kind.SHARED
    if isinstance(ip, ipaddress.IPv6Address) and any(ip in network for network in TUNNELS_6):
        return Kind.TUNNEL
    if ip.is_multicast or ip.is_unspecified or (ip.version == 4 and ip.is_reserved):
        return Kind.OTHER
    return Kind.PUBLIC


LOCAL = (Kind.PRIVATE, Kind.UNIQUE_LOCAL, Kind.LINK_LOCAL)
"""Reached inside one network alone: what every screen calls LAN. `SHARED` is none of them: there a carrier's routers
stand between its customers."""


def word_of(ip: IPAddress) -> str:
    """Over what an address is reached, for people: `LAN`, `CGNAT`, `IPv4` or `IPv6`."""
    kind = kind_of(ip)
    return "LAN" if kind in LOCAL else "CGNAT" if kind is Kind.SHARED else f"IPv{ip.version}"


@functools.lru_cache(maxsize=4096)
def network_of(ip: IPAddress) -> str:
    """The network it is taken to be in, `192.168.1.0/24`."""
    return str(ipaddress.ip_network((ip, SAME_NETWORK_BITS[ip.version]), strict=False))


def common_networks(one: Iterable[IPAddress], other: Iterable[IPAddress], *kinds: Kind) -> tuple[str, ...]:
    """Networks in which both have an address of one of the kinds, in order."""
    first, second = ({network_of(ip) for ip in some if kind_of(ip) in kinds} for some in (one, other))
    return tuple(sorted(first & second))


def parse_all(texts: Iterable[str]) -> tuple[IPAddress, ...]:
    """Addresses, in order of their text; what is none is left out (reports come from strangers)."""
    found = []
    for text in sorted(set(texts)):
        try:
            found.append(ipaddress.ip_address(text))
        except ValueError:
            continue
    return tuple(found)


def in_order(endpoints: Iterable[Endpoint]) -> tuple[Endpoint, ...]:
    """Each once, IPv4 first, by number."""
    return tuple(sorted(set(endpoints), key=lambda e: (e.family, int(e.ip), e.port)))
