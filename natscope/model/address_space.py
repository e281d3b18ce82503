"""Which special range an address lies in, by explicit prefixes.

`ipaddress.is_private` also says yes to documentation and benchmark prefixes and no to 100.64.0.0/10, so it is
useless for judging NATs: the prefixes are written out (RFC 1918, RFC 4193, RFC 6598).
"""

from __future__ import annotations

import ipaddress

from natscope.model.endpoint import IPAddress

RFC1918 = tuple(ipaddress.IPv4Network(n) for n in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))
SHARED = ipaddress.IPv4Network("100.64.0.0/10")
ULA = ipaddress.IPv6Network("fc00::/7")
FAKE_IP = ipaddress.IPv4Network("198.18.0.0/15")


def is_private(ip: IPAddress) -> bool:
    """RFC 1918 or unique local (RFC 4193): what a home router hands out."""
    if isinstance(ip, ipaddress.IPv4Address):
        return any(ip in net for net in RFC1918)
    return ip in ULA


def is_shared(ip: IPAddress) -> bool:
    """100.64.0.0/10 (RFC 6598): carriers, and the overlay's own range."""
    return isinstance(ip, ipaddress.IPv4Address) and ip in SHARED


def is_global_v6(ip: IPAddress) -> bool:
    """An IPv6 address that could talk to the internet: neither loopback, link-local, unique local nor multicast."""
    return isinstance(ip, ipaddress.IPv6Address) and not (
        ip.is_loopback or ip.is_link_local or ip.is_multicast or ip.is_unspecified or ip in ULA
    )


def is_inside(ip: IPAddress) -> bool:
    """An address that means something only on this host or in its network: nobody on the internet is seen with it."""
    return is_private(ip) or is_shared(ip) or ip.is_loopback or ip.is_link_local
