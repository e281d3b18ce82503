"""Which local address the system would use, asked by connecting a UDP socket (nothing is sent)."""

from __future__ import annotations

import ipaddress
import socket

from natscope.host.real.sockaddr import family_constant, from_sockaddr, to_sockaddr
from natscope.model.endpoint import Endpoint, Family, IPAddress

_ANY_PORT = 9
_LOOPBACK: dict[Family, IPAddress] = {4: ipaddress.IPv4Address("127.0.0.1"), 6: ipaddress.IPv6Address("::1")}


def source_address(target: IPAddress) -> IPAddress | None:
    """The local address towards `target`, None without a route."""
    family: Family = 4 if target.version == 4 else 6
    try:
        with socket.socket(family_constant(family), socket.SOCK_DGRAM) as sock:
            sock.connect(to_sockaddr(Endpoint(target, _ANY_PORT)))
            return from_sockaddr(sock.getsockname()).ip
    except OSError:
        return None


def can_bind_loopback(family: Family) -> bool:
    """Whether the system can use this family at all: a socket can be bound to its loopback address."""
    try:
        with socket.socket(family_constant(family), socket.SOCK_DGRAM) as sock:
            sock.bind(to_sockaddr(Endpoint(_LOOPBACK[family], 0)))
    except OSError:
        return False
    return True
