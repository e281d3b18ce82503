"""Interfaces, addresses and default routes of a Linux computer."""

from __future__ import annotations

import contextlib
import fcntl
import ipaddress
import os
import socket
import struct
from collections.abc import Sequence

from natscope.host.api import DefaultRoute, Interface, LinkFacts
from natscope.host.real import netlink
from natscope.host.real.netlink import Message
from natscope.host.real.route_choice import can_bind_loopback, source_address
from natscope.model.endpoint import Family, IPAddress

_IFINFO = struct.Struct("=BxHiII")  # family, device type, index, flags, change
_IFADDR = struct.Struct("=BBBBI")  # family, prefix length, flags, scope, index
_ROUTE = struct.Struct("=BBBBBBBBI")  # family, dst bits, src bits, tos, table, protocol, scope, type, flags
_IFLA_IFNAME, _IFLA_MTU, _IFLA_LINKINFO, _IFLA_INFO_KIND = 3, 4, 18, 1
_IFA_ADDRESS, _IFA_LOCAL = 1, 2
_RTA_OIF, _RTA_GATEWAY, _RTA_PRIORITY, _RTA_MULTIPATH, _RTA_TABLE, _RTA_VIA = 4, 5, 6, 9, 15, 18
_RTNH = struct.Struct("=HBBi")  # length, flags, hops, interface index
_IFF_UP = 0x1
_RT_TABLE_MAIN, _RTN_UNICAST = 254, 1
_SIOCGIWNAME = 0x8B01

_KIND_BY_DEVICE_TYPE = {
    772: "loopback",
    512: "tunnel",  # PPP
    768: "tunnel",  # IP in IP
    769: "tunnel",
    776: "tunnel",  # sit
    778: "tunnel",  # GRE
    823: "tunnel",
    65534: "tunnel",  # no link layer: tun, WireGuard
    801: "wireless",
    803: "wireless",
}
_KIND_BY_LINK_INFO = {
    "bridge": "bridge",
    "openvswitch": "bridge",
    "tun": "tunnel",
    "wireguard": "tunnel",
    "vxlan": "tunnel",
    "geneve": "tunnel",
    "gretap": "tunnel",
    "ip6gretap": "tunnel",
    "xfrm": "tunnel",
    "vti": "tunnel",
}
_DEVICE_TYPE_ETHERNET = 1


class LinuxLinks:
    """Reads the kernel's tables through netlink; falls back to psutil where netlink is closed to us."""

    async def look(self) -> LinkFacts:
        """Interfaces, addresses and default routes now; never raises."""
        try:
            interfaces = _interfaces()
        except OSError:
            from natscope.host.real.links_other import OtherLinks

            return await OtherLinks().look()
        try:
            routes, known = _default_routes({i.index: i.name for i in interfaces}), True
        except OSError:
            routes, known = (), False
        return LinkFacts(interfaces, routes, known, os_ipv6=can_bind_loopback(6), os_ipv4=can_bind_loopback(4))

    async def source_for(self, target: IPAddress) -> IPAddress | None:
        """The local address the system would use towards `target`."""
        return source_address(target)


def _interfaces() -> tuple[Interface, ...]:
    addresses = _addresses()
    found: list[Interface] = []
    for message in netlink.dump(netlink.RTM_GETLINK, _IFINFO.pack(0, 0, 0, 0, 0)):
        if message.kind != netlink.RTM_NEWLINK or len(message.fixed) < _IFINFO.size:
            continue
        _family, device_type, index, flags, _change = _IFINFO.unpack(message.fixed)
        name = message.attributes.get(_IFLA_IFNAME, b"").rstrip(b"\0").decode(errors="replace")
        mtu = message.attributes.get(_IFLA_MTU)
        found.append(
            Interface(
                name=name,
                index=index,
                kind=_kind(device_type, name, message.attributes.get(_IFLA_LINKINFO, b"")),
                up=bool(flags & _IFF_UP),
                mtu=_u32(mtu) if mtu else None,
                addresses=tuple(addresses.get(index, ())),
            )
        )
    return tuple(sorted(found, key=lambda i: i.index))


def _addresses() -> dict[int, list[IPAddress]]:
    """Addresses by interface index. On point-to-point links IFA_ADDRESS is the other end, so IFA_LOCAL goes first."""
    found: dict[int, list[IPAddress]] = {}
    for message in netlink.dump(netlink.RTM_GETADDR, _IFADDR.pack(0, 0, 0, 0, 0)):
        if message.kind != netlink.RTM_NEWADDR or len(message.fixed) < _IFADDR.size:
            continue
        index: int = _IFADDR.unpack(message.fixed)[4]
        ip = _ip(message.attributes.get(_IFA_LOCAL) or message.attributes.get(_IFA_ADDRESS, b""))
        if ip is not None:
            found.setdefault(index, []).append(ip)
    return found


def _kind(device_type: int, name: str, link_info: bytes) -> str:
    kind = _KIND_BY_DEVICE_TYPE.get(device_type)
    if kind is not None:
        return kind
    info = dict(netlink.attributes(link_info)).get(_IFLA_INFO_KIND, b"").rstrip(b"\0").decode(errors="replace")
    if info:
        return _KIND_BY_LINK_INFO.get(info, "virtual")
    if device_type != _DEVICE_TYPE_ETHERNET:
        return "unknown"
    return "wireless" if is_wireless(name) else "ethernet"


def is_wireless(name: str) -> bool:
    """By the wireless extensions' ioctl, which answers for our own namespace, else by what /sys says."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        fcntl.ioctl(sock, _SIOCGIWNAME, name.encode()[:15].ljust(32, b"\0"))
        return True
    return os.path.exists(f"/sys/class/net/{name}/phy80211")


def _default_routes(names: dict[int, str]) -> tuple[DefaultRoute, ...]:
    routes: list[DefaultRoute] = []
    families: tuple[tuple[Family, int], ...] = ((4, socket.AF_INET), (6, socket.AF_INET6))
    for family, constant in families:
        for message in netlink.dump(netlink.RTM_GETROUTE, _ROUTE.pack(constant, 0, 0, 0, 0, 0, 0, 0, 0)):
            routes.extend(_routes_of(message, family, names))
    return tuple(sorted(routes, key=lambda r: (r.family, r.metric)))


def _routes_of(message: Message, family: Family, names: dict[int, str]) -> Sequence[DefaultRoute]:
    """The usable default routes a message carries: one, or one per next hop."""
    if message.kind != netlink.RTM_NEWROUTE or len(message.fixed) < _ROUTE.size:
        return ()
    _family, prefix_bits, _src, _tos, table, _protocol, _scope, route_type, _flags = _ROUTE.unpack(message.fixed)
    attributes = message.attributes
    if prefix_bits != 0 or route_type != _RTN_UNICAST:
        return ()
    if (_u32(attributes[_RTA_TABLE]) if _RTA_TABLE in attributes else table) != _RT_TABLE_MAIN:
        return ()
    metric = _u32(attributes[_RTA_PRIORITY]) if _RTA_PRIORITY in attributes else 0
    if _RTA_MULTIPATH in attributes:
        hops = list(_next_hops(attributes[_RTA_MULTIPATH]))
    elif _RTA_OIF in attributes:
        hops = [(_u32(attributes[_RTA_OIF]), attributes)]
    else:
        return ()
    return [DefaultRoute(family, names.get(index, f"#{index}"), _gateway(hop), metric) for index, hop in hops]


def _next_hops(data: bytes) -> Sequence[tuple[int, dict[int, bytes]]]:
    hops: list[tuple[int, dict[int, bytes]]] = []
    offset = 0
    while offset + _RTNH.size <= len(data):
        length, _flags, _weight, index = _RTNH.unpack_from(data, offset)
        if length < _RTNH.size:
            break
        hops.append((index, dict(netlink.attributes(data[offset + _RTNH.size : offset + length]))))
        offset += (length + 3) & ~3
    return hops


def _gateway(attributes: dict[int, bytes]) -> IPAddress | None:
    if _RTA_GATEWAY in attributes:
        return _ip(attributes[_RTA_GATEWAY])
    return _ip(attributes.get(_RTA_VIA, b"")[2:])  # an IPv4 route by way of an IPv6 neighbour


def _ip(data: bytes) -> IPAddress | None:
    if len(data) == 4:
        return ipaddress.IPv4Address(data)
    return ipaddress.IPv6Address(data) if len(data) == 16 else None


def _u32(data: bytes) -> int:
    return int.from_bytes(data[:4], "little" if _LITTLE else "big")


_LITTLE = struct.pack("=H", 1) == b"\x01\x00"
