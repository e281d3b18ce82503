"""pcapng, as far as a recording of IP packets needs it: one section, one interface, packets with times.

Source: draft-ietf-opsawg-pcapng (section header, interface description, enhanced packet); link type 101 are raw IP
packets of either family (LINKTYPE_RAW).
"""

from __future__ import annotations

import struct

from natscope.errors import LocalError

LINKTYPE_RAW = 101
MAX_PACKET_BYTES = 65_535
_SECTION, _INTERFACE, _PACKET = 0x0A0D0D0A, 1, 6
_BYTE_ORDER = 0x1A2B3C4D
_UNKNOWN_LENGTH = -1
_COMMENT, _IF_NAME, _IF_TSRESOL, _FLAGS, _HARDWARE, _APPLICATION = 1, 2, 9, 2, 2, 4
_NANOSECONDS = 9
INBOUND, OUTBOUND = 1, 2


def head(application: str, interface: str) -> bytes:
    """What a file begins with; packets follow. Times are in nanoseconds."""
    section = struct.pack("<IHHq", _BYTE_ORDER, 1, 0, _UNKNOWN_LENGTH) + _options((_APPLICATION, application.encode()))
    description = struct.pack("<HHI", LINKTYPE_RAW, 0, 0) + _options(
        (_IF_NAME, interface.encode()), (_IF_TSRESOL, bytes([_NANOSECONDS]))
    )
    return _block(_SECTION, section) + _block(_INTERFACE, description)


def packet(data: bytes, time_ns: int, *, outbound: bool, comment: str = "") -> bytes:
    """One packet that begins with its IP header; `time_ns` counts from 1970. Raises `LocalError`."""
    if not 0 <= time_ns < 1 << 64 or len(data) > MAX_PACKET_BYTES:
        raise LocalError(f"no packet of {len(data)} bytes at {time_ns} ns can be written")
    plain = struct.pack("<IIIII", 0, time_ns >> 32, time_ns & 0xFFFFFFFF, len(data), len(data))
    told = [(_FLAGS, struct.pack("<I", OUTBOUND if outbound else INBOUND))]
    if comment:
        told.append((_COMMENT, comment.encode()))
    return _block(_PACKET, plain + _padded(data) + _options(*told))


def _block(kind: int, body: bytes) -> bytes:
    length = struct.pack("<I", 12 + len(body))
    return struct.pack("<I", kind) + length + body + length


def _options(*pairs: tuple[int, bytes]) -> bytes:
    written = b"".join(struct.pack("<HH", kind, len(value)) + _padded(value) for kind, value in pairs)
    return written + struct.pack("<HH", 0, 0)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)
