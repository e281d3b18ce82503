"""Endpoints to socket addresses and back, and binding a socket to one interface."""

from __future__ import annotations

import errno
import ipaddress
import socket
import struct
import sys
from typing import Any, TypeAlias

from natscope.host.api import MULTICAST_TTL
from natscope.model.endpoint import Endpoint, Family, IPAddress

SockAddr: TypeAlias = tuple[str, int] | tuple[str, int, int, int]

_LINUX_IP_UNICAST_IF = 50
_LINUX_IPV6_UNICAST_IF = 76
_DARWIN_IP_BOUND_IF = 25
_DARWIN_IPV6_BOUND_IF = 125


def family_constant(family: Family) -> socket.AddressFamily:
    """`AF_INET` or `AF_INET6`."""
    return socket.AF_INET if family == 4 else socket.AF_INET6


def to_sockaddr(endpoint: Endpoint) -> SockAddr:
    """What the socket calls want; a link-local address needs its zone (`fe80::1%eth0`)."""
    ip = endpoint.ip
    if isinstance(ip, ipaddress.IPv4Address):
        return (str(ip), endpoint.port)
    zone = ip.scope_id
    if not zone:
        return (str(ip), endpoint.port, 0, 0)
    index = int(zone) if zone.isdecimal() else socket.if_nametoindex(zone)
    return (str(ip).partition("%")[0], endpoint.port, 0, index)


def from_sockaddr(address: Any) -> Endpoint:
    """The endpoint of an address that a socket call returned; `0.0.0.0:0` for a Unix socket."""
    if not isinstance(address, tuple) or len(address) < 2:
        return UNIX_ENDPOINT
    return Endpoint(ipaddress.ip_address(address[0]), address[1])


def wildcard(family: Family) -> IPAddress:
    """The address that stands for all of this computer's."""
    return ipaddress.IPv4Address(0) if family == 4 else ipaddress.IPv6Address(0)


UNIX_ENDPOINT = Endpoint(ipaddress.IPv4Address(0), 0)


def bind_to_interface(sock: socket.socket, family: Family, interface: str) -> None:
    """Let the socket use one interface only. Raises `OSError`, with `ENODEV` for an unknown name.

    Linux lets an ordinary user bind to a device since 5.7; before that the weaker choice of the outgoing interface
    (IP_UNICAST_IF) needs no privilege and serves.
    """
    try:
        index = socket.if_nametoindex(interface)
    except OSError as error:
        raise OSError(errno.ENODEV, "no such interface") from error
    if sys.platform == "darwin":
        level, option = (
            (socket.IPPROTO_IP, _DARWIN_IP_BOUND_IF) if family == 4 else (socket.IPPROTO_IPV6, _DARWIN_IPV6_BOUND_IF)
        )
        sock.setsockopt(level, option, index)
        return
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode() + b"\0")
    except PermissionError:
        level, option = (
            (socket.IPPROTO_IP, _LINUX_IP_UNICAST_IF) if family == 4 else (socket.IPPROTO_IPV6, _LINUX_IPV6_UNICAST_IF)
        )
        sock.setsockopt(level, option, struct.pack("!I", index))


def allow_multicast(sock: socket.socket, family: Family, interface: str | None) -> None:
    """Let the socket send to groups on one interface. Raises `OSError`; without an interface it is `EINVAL`."""
    if interface is None:
        raise OSError(errno.EINVAL, "an interface is needed to send to groups")
    index = socket.if_nametoindex(interface)
    if family == 6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, MULTICAST_TTL)
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_LOOP, 0)
        return
    any_address = bytes(4)
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, any_address + any_address + struct.pack("@i", index))
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, MULTICAST_TTL)
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 0)
