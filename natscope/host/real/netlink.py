"""Asks the Linux kernel for links, addresses and routes over NETLINK_ROUTE, without the cost of a library.

A dump is made by the kernel while we read, so nothing here waits. /sys is not used for this: after entering another
network namespace it may still show the first one. Source: rtnetlink(7), linux/if_link.h, linux/rtnetlink.h.
"""

from __future__ import annotations

import errno
import socket
import struct
from collections.abc import Iterable, Iterator

import msgspec

RTM_NEWLINK, RTM_GETLINK = 16, 18
RTM_NEWADDR, RTM_GETADDR = 20, 22
RTM_NEWROUTE, RTM_GETROUTE = 24, 26
RTM_NEWRULE, RTM_GETRULE = 32, 34
_NLMSG_ERROR, _NLMSG_DONE = 2, 3
_NLM_F_REQUEST, _NLM_F_REQUEST_DUMP = 0x1, 0x301
_HEADER = struct.Struct("=IHHII")
_ATTRIBUTE = struct.Struct("=HH")
_ATTRIBUTE_MASK = 0x3FFF
_READ_BYTES = 262_144
_MAX_READS = 4096
"""A host with so many routes has its list cut: default routes come from the main table, which is dumped early."""


class Message(msgspec.Struct, frozen=True):
    """One message: its type, the fixed part and the attributes by number (the last of a kind wins)."""

    kind: int
    fixed: bytes
    attributes: dict[int, bytes]


def dump(kind: int, fixed: bytes) -> list[Message]:
    """All messages that answer the request `kind`, whose fixed part is `fixed`. Raises `OSError`."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as sock:
        sock.settimeout(1.0)
        sock.bind((0, 0))
        sock.send(_HEADER.pack(_HEADER.size + len(fixed), kind, _NLM_F_REQUEST_DUMP, 1, 0) + fixed)
        messages: list[Message] = []
        for _ in range(_MAX_READS):
            if not _take(sock.recv(_READ_BYTES), len(fixed), messages):
                break
        return messages


def _take(data: bytes, fixed_bytes: int, into: list[Message]) -> bool:
    """Append the messages of one read; False at the end of the dump."""
    offset = 0
    while offset + _HEADER.size <= len(data):
        length, kind, _flags, _sequence, _port = _HEADER.unpack_from(data, offset)
        if length < _HEADER.size or offset + length > len(data):
            return False
        body = data[offset + _HEADER.size : offset + length]
        if kind == _NLMSG_DONE:
            return False
        if kind == _NLMSG_ERROR:
            number = -int.from_bytes(body[:4], "little", signed=True) if len(body) >= 4 else 0
            raise OSError(number, "the kernel refused the question")
        into.append(Message(kind, body[:fixed_bytes], dict(attributes(body[fixed_bytes:]))))
        offset += (length + 3) & ~3
    return True


def attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The attributes in `data` as (number, value); ends at the first that does not fit."""
    offset = 0
    while offset + _ATTRIBUTE.size <= len(data):
        length, kind = _ATTRIBUTE.unpack_from(data, offset)
        if length < _ATTRIBUTE.size or offset + length > len(data):
            return
        yield kind & _ATTRIBUTE_MASK, data[offset + _ATTRIBUTE.size : offset + length]
        offset += (length + 3) & ~3


def ask(kind: int, fixed: bytes, given: Iterable[tuple[int, bytes]]) -> Message:
    """The one message that answers a question about a single thing. Raises `OSError`."""
    body = fixed
    for number, value in given:
        body += _ATTRIBUTE.pack(_ATTRIBUTE.size + len(value), number) + value + bytes(-len(value) % 4)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as sock:
        sock.settimeout(1.0)
        sock.bind((0, 0))
        sock.send(_HEADER.pack(_HEADER.size + len(body), kind, _NLM_F_REQUEST, 1, 0) + body)
        messages: list[Message] = []
        _take(sock.recv(_READ_BYTES), len(fixed), messages)
    if not messages:
        raise OSError(errno.ENODATA, "the kernel gave no answer")
    return messages[0]
