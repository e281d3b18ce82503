"""The Internet checksum, whole and incremental.

Source: RFC 1071; RFC 1624 equation 3 for changes; RFC 8200 §8.1 for the pseudo-header.
"""

from __future__ import annotations

from natscope.errors import LocalError

_ONES = 0xFFFF
_ADDRESS_BYTES = {4: 4, 6: 16}


def ones_sum(data: bytes | bytearray | memoryview) -> int:
    """The ones' complement sum of 16-bit words, an odd last byte padded with zero.

    0 only where every byte is 0: zero has two forms, and this returns 0xFFFF for the other one.
    """
    value = int.from_bytes(data, "big") << (8 if len(data) & 1 else 0)
    return (value % _ONES or _ONES) if value else 0


def checksum(data: bytes | bytearray | memoryview, start: int = 0) -> int:
    """The checksum of `data`, whose own checksum field must be zero; `start` is a sum to begin with."""
    return _ONES ^ add(ones_sum(data), start)


def add(left: int, right: int) -> int:
    """Two ones' complement sums in one."""
    both = left + right
    return (both % _ONES or _ONES) if both else 0


def pseudo_sum(family: int, src: int, dst: int, proto: int, length: int) -> int:
    """The sum of the pseudo-header that UDP, TCP and ICMPv6 checksums begin with; `length` without IP headers."""
    width = _ADDRESS_BYTES[family]
    try:
        both = src.to_bytes(width, "big") + dst.to_bytes(width, "big")
    except OverflowError as error:
        raise LocalError(f"an address does not fit into {width} bytes") from error
    return ones_sum(both + length.to_bytes(4, "big") + proto.to_bytes(4, "big"))


def adjust(old: int, before: int, after: int) -> int:
    """The checksum after words with sum `before` became words with sum `after` (RFC 1624 equation 3)."""
    return _ONES ^ add(add(_ONES ^ old, _ONES ^ before), after)
