"""Repeatable chance for a NAT: the same seed bytes draw the same numbers in every process.

SplitMix64 (Steele, Lea, Flood 2014), seeded by BLAKE2b. Good enough to scatter ports, useless for secrets.
"""

from __future__ import annotations

import hashlib

_MASK = (1 << 64) - 1
_STEP = 0x9E3779B97F4A7C15


def mix(value: int) -> int:
    """Scatter a number over 64 bits; the same number always lands on the same place."""
    value &= _MASK
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _MASK
    return value ^ (value >> 31)


class Draw:
    """A stream of numbers; `salt` is a constant of the same seed, for choices that must not depend on the order."""

    __slots__ = ("_state", "salt")

    def __init__(self, seed: bytes) -> None:
        digest = hashlib.blake2b(seed, digest_size=16).digest()
        self._state = int.from_bytes(digest[:8], "big")
        self.salt = int.from_bytes(digest[8:], "big")

    def below(self, bound: int) -> int:
        """A number from 0 to `bound` - 1; the bias is under 2**-48 for bounds of 16 bits."""
        self._state = (self._state + _STEP) & _MASK
        return mix(self._state) % bound

    def fixed(self, value: int, bound: int) -> int:
        """A number from 0 to `bound` - 1 that depends on the seed and on `value` alone (of up to 128 bits)."""
        return mix(mix(value ^ self.salt) ^ (value >> 64)) % bound
