"""What is special about one datagram: TTL, type of service, don't-fragment; and what the system tells of received ones.

Options are set around the one call and then put back, which works alike on all systems; ordinary datagrams pay nothing.
Source: Linux ip(7) and ipv6(7), RFC 3542; the numbers that Python does not name are those of linux/in.h and in6.h.
"""

from __future__ import annotations

import contextlib
import errno
import socket
import struct
import sys
from collections.abc import Iterator

from natscope.model.endpoint import Family

_IP, _IPV6 = socket.IPPROTO_IP, socket.IPPROTO_IPV6
_TTL: dict[Family, tuple[int, int]] = {4: (_IP, socket.IP_TTL), 6: (_IPV6, socket.IPV6_UNICAST_HOPS)}
_TOS: dict[Family, tuple[int, int]] = {4: (_IP, socket.IP_TOS), 6: (_IPV6, socket.IPV6_TCLASS)}
_LINUX_MTU_DISCOVER: dict[Family, tuple[int, int]] = {4: (_IP, 10), 6: (_IPV6, 23)}
_MAY_CUT, _PROBE = 0, 3
_LINUX_IPV6_DONTFRAG = (_IPV6, 62)
_DARWIN_DONTFRAG: dict[Family, tuple[int, int]] = {4: (_IP, 28), 6: (_IPV6, 62)}
_RECEIVE: dict[Family, tuple[tuple[int, int], ...]] = {
    4: ((_IP, 12), (_IP, 13)),  # IP_RECVTTL, IP_RECVTOS
    6: ((_IPV6, socket.IPV6_RECVHOPLIMIT), (_IPV6, socket.IPV6_RECVTCLASS)),
}
_TOLD_TTL = ((_IP, socket.IP_TTL), (_IPV6, socket.IPV6_HOPLIMIT))
_TOLD_TOS = ((_IP, socket.IP_TOS), (_IPV6, socket.IPV6_TCLASS))
_INT = struct.Struct("@i")


def ask_for_headers(sock: socket.socket, family: Family) -> None:
    """Have the system tell the TTL and the type of service of what arrives, where it can."""
    if sys.platform != "linux":
        return
    for level, option in _RECEIVE[family]:
        with contextlib.suppress(OSError):
            sock.setsockopt(level, option, 1)


def ask_for_marks(sock: socket.socket, family: Family) -> None:
    """Have the system tell the type of service alone, where it can."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            sock.setsockopt(*_RECEIVE[family][1], 1)


def told_headers(ancillary: list[tuple[int, int, bytes]]) -> tuple[int | None, int | None]:
    """TTL and type of service from the control messages of one datagram."""
    ttl = tos = None
    for level, kind, data in ancillary:
        if (level, kind) in _TOLD_TTL:
            ttl = _number(data)
        elif (level, kind) in _TOLD_TOS:
            tos = _number(data)
    return ttl, tos


@contextlib.contextmanager
def sending_with(
    sock: socket.socket, family: Family, *, ttl: int | None, tos: int | None, dont_fragment: bool | None
) -> Iterator[None]:
    """Within it, what the socket sends is like this. Raises `OSError` for what the system cannot."""
    wanted: list[tuple[tuple[int, int], int]] = []
    if ttl is not None:
        wanted.append((_TTL[family], ttl))
    if tos is not None:
        wanted.append((_TOS[family], tos))
    if dont_fragment is not None:
        wanted += _fragmenting(family, dont_fragment)
    before: list[tuple[tuple[int, int], int]] = []
    try:
        for option, value in wanted:
            before.append((option, sock.getsockopt(*option)))
            sock.setsockopt(*option, value)
        yield
    finally:
        for option, value in reversed(before):
            with contextlib.suppress(OSError):
                sock.setsockopt(*option, value)


def _fragmenting(family: Family, dont_fragment: bool) -> list[tuple[tuple[int, int], int]]:
    if sys.platform == "linux":
        found = [(_LINUX_MTU_DISCOVER[family], _PROBE if dont_fragment else _MAY_CUT)]
        return [*found, (_LINUX_IPV6_DONTFRAG, int(dont_fragment))] if family == 6 else found
    if sys.platform == "darwin":
        return [(_DARWIN_DONTFRAG[family], int(dont_fragment))]
    raise OSError(errno.EOPNOTSUPP, "fragmentation cannot be chosen on this system")


def _number(data: bytes) -> int | None:
    """The IPv4 type of service is one byte on Linux, everything else an integer."""
    if len(data) == 1:
        return data[0]
    return int(_INT.unpack_from(data)[0]) if len(data) >= _INT.size else None
