"""Reads ICMP errors about our own datagrams from a socket's error queue.

Source: Linux ip(7) IP_RECVERR, struct sock_extended_err in linux/errqueue.h; types and codes RFC 792, RFC 1812 §5.2.7.1
and RFC 4443 §3. Other systems tell an unconnected socket nothing.
"""

from __future__ import annotations

import ipaddress
import socket
import struct
import sys
from typing import Any

import msgspec

from natscope.host.api import Failure
from natscope.host.real.failures import failure_of
from natscope.host.real.kernel_time import ANCILLARY_BYTES, received_at
from natscope.model.endpoint import Family, IPAddress
from natscope.wire.icmp import TOO_BIG, describe

_IP_RECVERR = 11
_IPV6_RECVERR = 25
_MSG_ERRQUEUE = 0x2000
_EXTENDED_ERROR = struct.Struct("@IBBBBII")
_ORIGIN_LOCAL, _ORIGIN_ICMP, _ORIGIN_ICMP6 = 1, 2, 3
_QUOTE_BYTES = 2048
_SOCKADDR_IN = struct.Struct("@HH4s")
_SOCKADDR_IN6 = struct.Struct("@HHI16s")


class QueuedError(msgspec.Struct, frozen=True):
    """One error: what it means, about which destination, who reported it, and the payload it quotes.

    `local` errors come from this computer; the call that caused one has failed as well.
    """

    failure: Failure
    target: Any
    reporter: IPAddress | None
    quoted: bytes
    received_at: float
    local: bool = False
    words: str = ""
    icmp_type: int | None = None
    icmp_code: int | None = None
    mtu: int | None = None


def ask_for_errors(sock: socket.socket, family: Family) -> None:
    """Turn the error queue on where the system has one."""
    if sys.platform != "linux":
        return
    try:
        if family == 4:
            sock.setsockopt(socket.IPPROTO_IP, _IP_RECVERR, 1)
        else:
            sock.setsockopt(socket.IPPROTO_IPV6, _IPV6_RECVERR, 1)
    except OSError:
        return


def read_error(sock: socket.socket) -> QueuedError | None:
    """The next error, None when there is none (or this system keeps none)."""
    if sys.platform != "linux":
        return None
    try:
        quoted, ancillary, _flags, target = sock.recvmsg(_QUOTE_BYTES, ANCILLARY_BYTES, _MSG_ERRQUEUE)
    except OSError:
        return None
    for level, kind, data in ancillary:
        if (level, kind) in ((socket.IPPROTO_IP, _IP_RECVERR), (socket.IPPROTO_IPV6, _IPV6_RECVERR)):
            return _decode(data, target, quoted, received_at(ancillary))
    return QueuedError(Failure.OTHER, target, None, quoted, received_at(ancillary))


def _decode(data: bytes, target: Any, quoted: bytes, at: float) -> QueuedError:
    if len(data) < _EXTENDED_ERROR.size:
        return QueuedError(Failure.OTHER, target, None, quoted, at)
    number, origin, kind, code, _pad, info, _data = _EXTENDED_ERROR.unpack_from(data)
    if origin == _ORIGIN_LOCAL:
        return QueuedError(failure_of(number), target, None, quoted, at, local=True)
    failure = failure_of(number)
    if failure is Failure.PERMISSION:
        failure = Failure.UNREACHABLE_HOST  # a router's "administratively prohibited" is no privilege of ours
    reporter = _reporter(data[_EXTENDED_ERROR.size :])
    family = {_ORIGIN_ICMP: 4, _ORIGIN_ICMP6: 6}.get(origin)
    if family is None:
        return QueuedError(failure, target, reporter, quoted, at)
    mtu = info if (kind, code) == TOO_BIG[family] else None
    return QueuedError(
        failure, target, reporter, quoted, at,
        words=describe(family, kind, code), icmp_type=kind, icmp_code=code, mtu=mtu,
    )  # fmt: skip


def _reporter(sockaddr: bytes) -> IPAddress | None:
    if len(sockaddr) < 2:
        return None
    family = int.from_bytes(sockaddr[:2], sys.byteorder)
    if family == socket.AF_INET and len(sockaddr) >= _SOCKADDR_IN.size:
        return ipaddress.IPv4Address(_SOCKADDR_IN.unpack_from(sockaddr)[2])
    if family == socket.AF_INET6 and len(sockaddr) >= _SOCKADDR_IN6.size:
        return ipaddress.IPv6Address(_SOCKADDR_IN6.unpack_from(sockaddr)[3])
    return None
