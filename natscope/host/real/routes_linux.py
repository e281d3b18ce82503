"""Policy rules, routes of all tables, interface drivers, and route look-ups of a Linux computer, over netlink.

Looking up a route sends nothing. Source: linux/fib_rules.h, linux/rtnetlink.h, linux/if_link.h, linux/if_addr.h.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import struct
from collections.abc import Iterator

from natscope.host.real import netlink
from natscope.host.real.links_linux import is_wireless
from natscope.host.system_api import Device, PolicyRule, RouteChoice, SystemRoute
from natscope.model.endpoint import IPAddress

MAX_ROUTES = 512
"""A router of a provider has a million; what is left out is said."""
_IFINFO = struct.Struct("=BxHiII")
_IFADDR = struct.Struct("=BBBBI")
_ROUTE = struct.Struct("=BBBBBBBBI")
_IFNAME, _OPERSTATE, _LINKINFO, _INFO_KIND = 3, 16, 18, 1
_ADDRESS, _LOCAL, _TEMPORARY = 1, 2, 0x01
_DST, _OIF, _GATEWAY, _PRIORITY, _PREFSRC, _TABLE, _MARK = 1, 4, 5, 6, 7, 15, 16
_LOOKUP_TABLE = 0x1000
_LOCAL_TABLE = 255
_UP = 0x1
_FAMILIES = ((4, socket.AF_INET), (6, socket.AF_INET6))
_STATES = ("unknown", "not-present", "down", "lower-layer-down", "testing", "dormant", "up")
_DRIVER_OF_TYPE = {1: "", 512: "ppp", 772: "loopback", 65534: "tun", 519: "wwan", 530: "wwan", 801: "wifi", 803: "wifi"}
_ROUTE_KINDS = {1: "unicast", 6: "blackhole", 7: "unreachable", 8: "prohibit", 9: "throw"}
_ACTIONS = {1: "lookup", 2: "goto", 3: "nop", 6: "blackhole", 7: "unreachable", 8: "prohibit"}
_RULE_DST, _RULE_SRC, _IIF, _GOTO, _FWMARK, _FWMASK = 1, 2, 3, 4, 10, 16
_SUPPRESS, _OIFNAME, _UIDS, _IP_PROTO, _SPORTS, _DPORTS = 14, 17, 20, 22, 23, 24
_INVERT = 0x2


def devices() -> tuple[Device, ...]:
    """All interfaces. Raises `OSError`."""
    addresses = _addresses()
    found = []
    for message in netlink.dump(netlink.RTM_GETLINK, _IFINFO.pack(0, 0, 0, 0, 0)):
        if message.kind != netlink.RTM_NEWLINK or len(message.fixed) < _IFINFO.size:
            continue
        _family, device_type, index, flags, _change = _IFINFO.unpack(message.fixed)
        name = _text(message.attributes.get(_IFNAME, b""))
        state = message.attributes.get(_OPERSTATE, b"\0")[0]
        plain, temporary = addresses.get(index, ([], []))
        found.append(
            Device(
                name=name,
                driver=_driver(device_type, name, message.attributes.get(_LINKINFO, b"")),
                up=bool(flags & _UP),
                state=_STATES[state] if state < len(_STATES) else "unknown",
                addresses=tuple(plain),
                temporary=tuple(temporary),
            )
        )
    return tuple(found)


def rules() -> tuple[PolicyRule, ...]:
    """The rules of both families, in the order in which they are asked. Raises `OSError`."""
    found = []
    for family, constant in _FAMILIES:
        for message in netlink.dump(netlink.RTM_GETRULE, _ROUTE.pack(constant, 0, 0, 0, 0, 0, 0, 0, 0)):
            if message.kind == netlink.RTM_NEWRULE and len(message.fixed) >= _ROUTE.size:
                found.append(_rule(family, message))
    return tuple(sorted(found, key=lambda rule: (rule.family, rule.priority)))


def routes() -> tuple[tuple[SystemRoute, ...], int]:
    """Routes of all tables but that of local addresses, and how many were left out. Raises `OSError`."""
    names = dict(socket.if_nameindex())
    found: list[SystemRoute] = []
    left_out = 0
    for family, constant in _FAMILIES:
        for message in netlink.dump(netlink.RTM_GETROUTE, _ROUTE.pack(constant, 0, 0, 0, 0, 0, 0, 0, 0)):
            route = _route(family, message, names)
            if route is None:
                continue
            if len(found) < MAX_ROUTES:
                found.append(route)
            else:
                left_out += 1
    return tuple(found), left_out


def look_up(target: IPAddress, mark: int = 0) -> RouteChoice:
    """The way to one address; never raises."""
    family = socket.AF_INET if target.version == 4 else socket.AF_INET6
    fixed = _ROUTE.pack(family, target.max_prefixlen, 0, 0, 0, 0, 0, 0, _LOOKUP_TABLE)
    given = [(_DST, target.packed)] + ([(_MARK, struct.pack("=I", mark))] if mark else [])
    try:
        message = netlink.ask(netlink.RTM_GETROUTE, fixed, given)
        interface = socket.if_indextoname(_u32(message.attributes[_OIF])) if _OIF in message.attributes else ""
    except OSError as error:
        return RouteChoice(target=str(target), failure=os.strerror(error.errno or 0).lower())
    kind = message.fixed[7] if len(message.fixed) >= _ROUTE.size else 1
    return RouteChoice(
        target=str(target),
        interface=interface,
        gateway=_address(message.attributes.get(_GATEWAY, b"")),
        source=_address(message.attributes.get(_PREFSRC, b"")),
        table=_u32(message.attributes[_TABLE]) if _TABLE in message.attributes else 0,
        failure=_ROUTE_KINDS[kind] if kind in (6, 7, 8, 9) else "",
    )


def _addresses() -> dict[int, tuple[list[str], list[str]]]:
    found: dict[int, tuple[list[str], list[str]]] = {}
    for message in netlink.dump(netlink.RTM_GETADDR, _IFADDR.pack(0, 0, 0, 0, 0)):
        if message.kind != netlink.RTM_NEWADDR or len(message.fixed) < _IFADDR.size:
            continue
        family, _length, flags, _scope, index = _IFADDR.unpack(message.fixed)
        text = _address(message.attributes.get(_LOCAL) or message.attributes.get(_ADDRESS, b""))
        if text:
            is_temporary = family == socket.AF_INET6 and flags & _TEMPORARY
            found.setdefault(index, ([], []))[bool(is_temporary)].append(text)
    return {index: (plain + temporary, temporary) for index, (plain, temporary) in found.items()}


def _driver(device_type: int, name: str, link_info: bytes) -> str:
    info = _text(dict(netlink.attributes(link_info)).get(_INFO_KIND, b""))
    if info == "tun":
        return "tun" if device_type != 1 else "tap"
    if info:
        return info
    known = _DRIVER_OF_TYPE.get(device_type, "")
    return known or (("wifi" if is_wireless(name) else "ethernet") if device_type == 1 else "")


def _rule(family: int, message: netlink.Message) -> PolicyRule:
    _family, dst, src, _tos, table, _r1, _r2, action, flags = _ROUTE.unpack(message.fixed)
    attributes = message.attributes
    return PolicyRule(
        family=family,
        priority=_u32(attributes[_PRIORITY]) if _PRIORITY in attributes else 0,
        table=_u32(attributes[_TABLE]) if _TABLE in attributes else table,
        selectors=" ".join(_selectors(attributes, dst, src, inverted=bool(flags & _INVERT))),
        action=_ACTIONS.get(action, str(action)),
    )


def _selectors(attributes: dict[int, bytes], dst: int, src: int, *, inverted: bool) -> Iterator[str]:
    if inverted:
        yield "not"
    for number, word, bits in ((_RULE_SRC, "from", src), (_RULE_DST, "to", dst)):
        if number in attributes:
            yield f"{word} {_address(attributes[number])}/{bits}"
    if _FWMARK in attributes or _FWMASK in attributes:
        mark, mask = (_u32(attributes.get(n, b"\0\0\0\0")) for n in (_FWMARK, _FWMASK))
        yield f"fwmark {mark:#x}" + ("" if mask in (0, 0xFFFFFFFF) else f"/{mask:#x}")
    for number, word in ((_IIF, "iif"), (_OIFNAME, "oif")):
        if number in attributes:
            yield f"{word} {_text(attributes[number])}"
    if _UIDS in attributes and len(attributes[_UIDS]) >= 8:
        first, last = struct.unpack_from("=II", attributes[_UIDS])
        yield f"uidrange {first}-{last}"
    if _IP_PROTO in attributes:
        yield f"ipproto {attributes[_IP_PROTO][0] if attributes[_IP_PROTO] else 0}"
    for number, word in ((_SPORTS, "sport"), (_DPORTS, "dport")):
        if number in attributes and len(attributes[number]) >= 4:
            first, last = struct.unpack_from("=HH", attributes[number])
            yield f"{word} {first}-{last}"
    if _SUPPRESS in attributes and _u32(attributes[_SUPPRESS]) != 0xFFFFFFFF:
        yield f"suppress_prefixlength {_u32(attributes[_SUPPRESS])}"
    if _GOTO in attributes:
        yield f"goto {_u32(attributes[_GOTO])}"


def _route(family: int, message: netlink.Message, names: dict[int, str]) -> SystemRoute | None:
    if message.kind != netlink.RTM_NEWROUTE or len(message.fixed) < _ROUTE.size:
        return None
    _family, bits, _src, _tos, table, _protocol, _scope, kind, _flags = _ROUTE.unpack(message.fixed)
    attributes = message.attributes
    table = _u32(attributes[_TABLE]) if _TABLE in attributes else table
    if table == _LOCAL_TABLE or kind not in _ROUTE_KINDS:
        return None
    anywhere = "0.0.0.0" if family == 4 else "::"
    return SystemRoute(
        family=family,
        destination=f"{_address(attributes.get(_DST, b'')) or anywhere}/{bits}",
        interface=names.get(_u32(attributes[_OIF]), "") if _OIF in attributes else "",
        gateway=_address(attributes.get(_GATEWAY, b"")),
        metric=_u32(attributes[_PRIORITY]) if _PRIORITY in attributes else 0,
        table=table,
        kind=_ROUTE_KINDS[kind],
    )


def _address(data: bytes) -> str:
    return str(ipaddress.ip_address(data)) if len(data) in (4, 16) else ""


def _text(data: bytes) -> str:
    return data.rstrip(b"\0").decode(errors="replace")


def _u32(data: bytes) -> int:
    return int(struct.unpack_from("=I", data)[0]) if len(data) >= 4 else 0
