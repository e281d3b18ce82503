"""The two Binding requests that nearly everyone sends, answered on bytes alone.

A plain request (20 bytes) and the Tailscale form (40 bytes, FINGERPRINT checked) get XOR-MAPPED-ADDRESS and nothing
else. Anything else is None here and goes to `stun_responder`, which is the reference for this file in a property test.
"""

from __future__ import annotations

import struct
from zlib import crc32

from natscope.wire.stun.attributes import COOKIE, Attr
from natscope.wire.stun.integrity import FINGERPRINT_XOR
from natscope.wire.stun.message import TAILSCALE_SOFTWARE

PLAIN_BYTES = 20
TAILSCALE_BYTES = 40
PLAIN_HEAD = struct.pack("!HH", 0x0001, 0) + COOKIE
TAILSCALE_HEAD = struct.pack("!HH", 0x0001, 20) + COOKIE
TAILSCALE_TAIL = struct.pack("!HH8sHH", Attr.SOFTWARE, 8, TAILSCALE_SOFTWARE, Attr.FINGERPRINT, 4)
"""Bytes 20 to 35 of the Tailscale form; the CRC of bytes 0 to 31 follows."""
ANSWER_BYTES = {4: 32, 6: 44}
ANSWER_HEAD = {4: struct.pack("!HH", 0x0101, 12) + COOKIE, 6: struct.pack("!HH", 0x0101, 24) + COOKIE}
ANSWER_MIDDLE = {
    4: struct.pack("!HHBB", Attr.XOR_MAPPED_ADDRESS, 8, 0, 1),
    6: struct.pack("!HHBB", Attr.XOR_MAPPED_ADDRESS, 20, 0, 2),
}

_KEY_V4 = int.from_bytes(COOKIE[:2] + COOKIE, "big")
_HEAD_V4, _MIDDLE_V4 = ANSWER_HEAD[4], ANSWER_MIDDLE[4]
_HEAD_V6, _MIDDLE_V6 = ANSWER_HEAD[6], ANSWER_MIDDLE[6]


def is_usual_request(data: bytes) -> bool:
    """Whether `data` is a valid request of one of the two shapes."""
    if len(data) == TAILSCALE_BYTES:
        return (
            data[:8] == TAILSCALE_HEAD
            and data[20:36] == TAILSCALE_TAIL
            and crc32(data[:32]) ^ FINGERPRINT_XOR == int.from_bytes(data[36:], "big")
        )
    return len(data) == PLAIN_BYTES and data[:8] == PLAIN_HEAD


def usual_answer(data: bytes, port_and_ip: bytes) -> bytes:
    """The answer to a request that `is_usual_request`: 32 bytes for IPv4, 44 for IPv6.

    `port_and_ip` is the source as it stands in a socket address: 2 bytes of port, then 4 or 16 of address.
    """
    if len(port_and_ip) == 6:
        return _HEAD_V4 + data[8:20] + _MIDDLE_V4 + (int.from_bytes(port_and_ip, "big") ^ _KEY_V4).to_bytes(6, "big")
    key = int.from_bytes(COOKIE[:2] + COOKIE + data[8:20], "big")
    return _HEAD_V6 + data[8:20] + _MIDDLE_V6 + (int.from_bytes(port_and_ip, "big") ^ key).to_bytes(18, "big")
