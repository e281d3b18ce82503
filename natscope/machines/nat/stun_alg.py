"""An application level gateway that "helps" STUN: it puts the internal endpoint into MAPPED-ADDRESS of answers.

XOR-MAPPED-ADDRESS exists because of such boxes (RFC 8489 §14.2) and passes untouched, as do MESSAGE-INTEGRITY and
FINGERPRINT, which no longer fit then. RFC 4787 REQ-10 wants gateways like this off by default.
"""

from __future__ import annotations

import struct

from natscope.machines.nat.packet import UDP, Packet

HEADER_BYTES = 20
MAPPED_ADDRESS = 1
_ADDRESS_BYTES = {4: 4, 6: 16}
_HEAD = struct.Struct("!HH")


def rewrite(packet: Packet, external: tuple[int, int]) -> None:
    """Replace `external` by the packet's destination, which is already the internal endpoint."""
    payload = packet.payload
    if packet.proto != UDP or not isinstance(payload, bytes) or not _is_stun(payload):
        return
    size = _ADDRESS_BYTES[packet.family]
    family = 1 if packet.family == 4 else 2
    seen = struct.pack("!BBH", 0, family, external[1]) + external[0].to_bytes(size, "big")
    told = struct.pack("!BBH", 0, family, packet.dport) + packet.dst.to_bytes(size, "big")
    place = _find(payload, MAPPED_ADDRESS, seen)
    if place is not None:
        packet.payload = payload[:place] + told + payload[place + len(told) :]


def _is_stun(payload: bytes) -> bool:
    """Two zero bits and a length that fits: classic messages have no cookie, and the gateway takes those too."""
    return len(payload) >= HEADER_BYTES and payload[0] < 0x40 and _HEAD.unpack_from(payload)[1] <= len(payload) - 20


def _find(payload: bytes, kind: int, value: bytes) -> int | None:
    """Where the value of an attribute of that type and value begins."""
    place = HEADER_BYTES
    while place + 4 <= len(payload):
        number, length = _HEAD.unpack_from(payload, place)
        place += 4
        if number == kind and payload[place : place + length] == value:
            return place
        place += (length + 3) & ~3
    return None
