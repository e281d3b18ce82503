"""Capture files: the blocks as the draft has them, read back here and by tshark."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.errors import LocalError
from natscope.wire import pcapng


def blocks(data: bytes) -> list[tuple[int, bytes]]:
    """Type and body of each block; both lengths must agree."""
    found, at = [], 0
    while at < len(data):
        kind, length = struct.unpack_from("<II", data, at)
        assert length % 4 == 0
        assert data[at + length - 4 : at + length] == struct.pack("<I", length)
        found.append((kind, data[at + 8 : at + length - 4]))
        at += length
    assert at == len(data)
    return found


def packets(capture: bytes) -> list[bytes]:
    """The packets of a whole file."""
    bodies = [body for kind, body in blocks(capture) if kind == 6]
    return [body[20 : 20 + int.from_bytes(body[12:16], "little")] for body in bodies]


def test_the_head_says_nanoseconds_and_raw_ip() -> None:
    section, interface = blocks(pcapng.head("natscope 1", "natscope"))
    assert section[0] == 0x0A0D0D0A
    assert struct.unpack_from("<IHHq", section[1]) == (0x1A2B3C4D, 1, 0, -1)
    assert interface[0] == 1
    assert struct.unpack_from("<HHI", interface[1]) == (101, 0, 0)
    assert struct.pack("<HH", 9, 1) + b"\x09\0\0\0" in interface[1]


@given(st.binary(max_size=2000), st.integers(0, (1 << 64) - 1), st.booleans(), st.text(max_size=40))
def test_packets_read_back(data: bytes, time_ns: int, outbound: bool, comment: str) -> None:
    ((kind, body),) = blocks(pcapng.packet(data, time_ns, outbound=outbound, comment=comment))
    interface, high, low, captured, whole = struct.unpack_from("<IIIII", body)
    assert (kind, interface, high << 32 | low, captured, whole) == (6, 0, time_ns, len(data), len(data))
    assert body[20 : 20 + len(data)] == data
    flags = struct.pack("<HHI", 2, 4, 2 if outbound else 1)
    assert body[20 + len(data) + -len(data) % 4 :].startswith(flags)
    assert comment.encode() in body


def test_what_cannot_be_written() -> None:
    for data, time_ns in ((bytes(70_000), 0), (b"", -1), (b"", 1 << 64)):
        with pytest.raises(LocalError):
            pcapng.packet(data, time_ns, outbound=True)
