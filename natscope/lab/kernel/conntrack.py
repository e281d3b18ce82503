"""Makes the kernel's NAT of a network namespace forget all its mappings, as a reboot does."""

from __future__ import annotations

import os
import socket
import struct

_NETFILTER = 12
_DELETE = (1 << 8) | 2
"""Subsystem connection tracking, message delete; without an entry named it means all."""
_REQUEST_WITH_ANSWER = 0x01 | 0x04
_ERROR = 2
_HEADER, _FAMILY = struct.Struct("=IHHII"), struct.Struct("=BBH")


def forget_all() -> None:
    """In the current network namespace. Raises `OSError`."""
    length = _HEADER.size + _FAMILY.size
    message = _HEADER.pack(length, _DELETE, _REQUEST_WITH_ANSWER, 1, 0) + _FAMILY.pack(socket.AF_UNSPEC, 0, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETFILTER) as netlink:
        netlink.bind((0, 0))
        netlink.send(message)
        answer = netlink.recv(4096)
    _, kind, _, _, _ = _HEADER.unpack_from(answer)
    (error,) = struct.unpack_from("=i", answer, _HEADER.size)
    if kind == _ERROR and error:
        raise OSError(-error, os.strerror(-error), "forgetting the kernel's mappings")
