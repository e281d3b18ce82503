"""Bytes that are almost right: what a mutator does to an input, and to a program of operations."""

from __future__ import annotations

import random
from collections.abc import Sequence

INTERESTING = (0, 1, 2, 3, 4, 7, 8, 31, 32, 33, 63, 64, 127, 128, 255)
LENGTHS = (
    0, 1, 4, 5, 31, 32, 33, 63, 64, 65, 1000, 1001, 65_535, 65_536, 65_537, 65_568, 65_569, 65_600, 65_601, 262_144,
    262_145, 1 << 20, (1 << 20) + 1, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF,
)  # fmt: skip
MAX_BYTES = 1 << 17


def mutated(rng: random.Random, data: bytes, pool: Sequence[bytes]) -> bytes:
    """One to four changes; `pool` are other inputs, of which pieces are taken."""
    made = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 2, 4))):
        rng.choice(_CHANGES)(rng, made, pool)
    return bytes(made[:MAX_BYTES])


def _flip(rng: random.Random, data: bytearray, _: Sequence[bytes]) -> None:
    if data:
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def _set(rng: random.Random, data: bytearray, _: Sequence[bytes]) -> None:
    if data:
        data[rng.randrange(len(data))] = rng.choice(INTERESTING)


def _number(rng: random.Random, data: bytearray, _: Sequence[bytes]) -> None:
    width = rng.choice((2, 4, 4, 8))
    if len(data) >= width:
        at = rng.randrange(len(data) - width + 1)
        value = rng.choice((*LENGTHS, len(data), len(data) - 1, rng.getrandbits(16))) & ((1 << 8 * width) - 1)
        data[at : at + width] = value.to_bytes(width, rng.choice(("big", "little")))


def _cut(rng: random.Random, data: bytearray, _: Sequence[bytes]) -> None:
    del data[rng.randrange(len(data) + 1) :]


def _remove(rng: random.Random, data: bytearray, _: Sequence[bytes]) -> None:
    at = rng.randrange(len(data) + 1)
    del data[at : at + rng.choice((1, 1, 2, 4, 16, 64))]


def _insert(rng: random.Random, data: bytearray, _: Sequence[bytes]) -> None:
    at = rng.randrange(len(data) + 1)
    data[at:at] = rng.randbytes(rng.choice((1, 1, 2, 4, 16, 64)))


def _repeat(rng: random.Random, data: bytearray, _: Sequence[bytes]) -> None:
    at = rng.randrange(len(data) + 1)
    piece = data[at : at + rng.choice((1, 4, 16, 64, 256))]
    data[at:at] = piece * rng.choice((1, 2, 8, 64))


def _splice(rng: random.Random, data: bytearray, pool: Sequence[bytes]) -> None:
    other = rng.choice(pool)
    start = rng.randrange(len(other) + 1)
    at = rng.randrange(len(data) + 1)
    data[at : at + rng.choice((0, 0, 8, 1 << 20))] = other[start : start + rng.choice((4, 32, 1 << 20))]


_CHANGES = (_flip, _flip, _set, _set, _number, _number, _cut, _remove, _insert, _repeat, _splice)
