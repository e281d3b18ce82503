"""Interfaces and addresses where there is no netlink (macOS, the BSDs), by psutil; routes stay unknown there."""

from __future__ import annotations

import contextlib
import ipaddress
import socket

from natscope.host.api import Interface, LinkFacts
from natscope.host.real.route_choice import can_bind_loopback, source_address
from natscope.model.endpoint import IPAddress

_TUNNEL_PREFIXES = ("utun", "tun", "tap", "wg", "gif", "stf", "ipsec", "ppp")
_BRIDGE_PREFIXES = ("bridge", "br")


class OtherLinks:
    """One look with psutil."""

    async def look(self) -> LinkFacts:
        """Interfaces and addresses; never raises."""
        try:
            interfaces = _interfaces()
        except OSError:
            interfaces = ()
        return LinkFacts(interfaces, (), routes_known=False, os_ipv6=can_bind_loopback(6), os_ipv4=can_bind_loopback(4))

    async def source_for(self, target: IPAddress) -> IPAddress | None:
        """The local address the system would use towards `target`."""
        return source_address(target)


def _interfaces() -> tuple[Interface, ...]:
    import psutil

    state = psutil.net_if_stats()
    found: list[Interface] = []
    for name, entries in sorted(psutil.net_if_addrs().items()):
        stats = state.get(name)
        addresses = tuple(
            ip
            for entry in entries
            if entry.family in (socket.AF_INET, socket.AF_INET6) and (ip := _parse(entry.address)) is not None
        )
        index = 0
        with contextlib.suppress(OSError):
            index = socket.if_nametoindex(name)
        up, mtu = (stats.isup, stats.mtu) if stats else (False, None)
        found.append(Interface(name, index, _kind(name, addresses), up, mtu, addresses))
    return tuple(sorted(found, key=lambda i: i.index))


def _parse(text: str) -> IPAddress | None:
    try:
        return ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None


def _kind(name: str, addresses: tuple[IPAddress, ...]) -> str:
    """By name only where the name is fixed by the system; anything else is unknown."""
    if any(ip.is_loopback for ip in addresses):
        return "loopback"
    stem = name.rstrip("0123456789")
    if stem in _TUNNEL_PREFIXES:
        return "tunnel"
    return "bridge" if stem in _BRIDGE_PREFIXES else "unknown"
