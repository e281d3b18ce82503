"""What a network driver does with received packets, asked as ethtool(8) does: reading needs no right.

Source: linux/ethtool.h (ETHTOOL_GSSET_INFO, ETHTOOL_GSTRINGS, ETHTOOL_GFEATURES), net/core/dev_ioctl.c.
"""

from __future__ import annotations

import ctypes
import fcntl
import socket
import struct

_SIOCETHTOOL = 0x8946
_GSTRINGS, _GSSET_INFO, _GFEATURES = 0x1B, 0x37, 0x3A
_FEATURE_SET, _NAME_BYTES, MAX_FEATURES = 4, 32, 1024
_NAME_MAX = 15


def features(interface: str) -> dict[str, bool]:
    """Every feature of an interface by its name, and whether it is on. Raises `OSError`."""
    name = interface.encode()
    if len(name) > _NAME_MAX:
        raise OSError(19, "no such device")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        told = _ask(handle, name, struct.pack("=IIQI", _GSSET_INFO, 0, 1 << _FEATURE_SET, 0))
        mask, count = struct.unpack_from("=QI", told, 8)
        if not mask or not 0 < count <= MAX_FEATURES:
            return {}
        texts = _ask(handle, name, struct.pack("=III", _GSTRINGS, _FEATURE_SET, count) + bytes(count * _NAME_BYTES))
        blocks = (count + 31) // 32
        states = _ask(handle, name, struct.pack("=II", _GFEATURES, blocks) + bytes(blocks * 16))
    return {
        _name(texts, number): bool(struct.unpack_from("=I", states, 8 + 16 * (number // 32) + 8)[0] >> number % 32 & 1)
        for number in range(count)
    }


def _ask(handle: socket.socket, name: bytes, request: bytes) -> bytes:
    """One command; the kernel writes its answer over the request."""
    buffer = ctypes.create_string_buffer(request, len(request))
    fcntl.ioctl(handle, _SIOCETHTOOL, struct.pack("16sP", name, ctypes.addressof(buffer)).ljust(40, b"\0"))
    return buffer.raw


def _name(texts: bytes, number: int) -> str:
    start = 12 + number * _NAME_BYTES
    return texts[start : start + _NAME_BYTES].split(b"\0")[0].decode(errors="replace")
