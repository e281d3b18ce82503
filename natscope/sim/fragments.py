"""Packets that do not fit: fragments are one packet with a mark, and the size of its pieces in the flags above it.

They are reassembled wherever it matters, as RFC 4787 REQ-14 wants of NATs; a link that loses one piece loses all.
"""

from __future__ import annotations

from natscope.machines.nat.packet import DONT_FRAGMENT, FRAGMENTED, Packet

_PIECE_SHIFT = 16


def split(packet: Packet, piece_bytes: int) -> None:
    """From now on the packet travels in pieces of at most that size."""
    packet.flags = (packet.flags & 0xFFFF & ~DONT_FRAGMENT) | FRAGMENTED | piece_bytes << _PIECE_SHIFT


def size_on_link(packet: Packet) -> int:
    """The largest thing that must fit the MTU."""
    return min(packet.length, packet.flags >> _PIECE_SHIFT or packet.length)


def may_be_split(packet: Packet) -> bool:
    """Whether a router may do it: IPv4 without DF only (RFC 8200 §5 leaves it to the source)."""
    return packet.family == 4 and not packet.flags & DONT_FRAGMENT
