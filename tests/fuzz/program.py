"""An input as a program: operations, each of one byte, a place, a length and that many bytes.

Any bytes are a program, so that a changed one still is; the mutator mostly changes whole operations.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from tests.fuzz.mutate import mutated

_HEAD = struct.Struct("!BBH")
MAX_OPS = 200


class Op(NamedTuple):
    """What, where, with which bytes."""

    code: int
    place: int = 0
    data: bytes = b""


def pack(ops: Sequence[Op]) -> bytes:
    """The program's bytes."""
    return b"".join(_HEAD.pack(op.code, op.place, len(op.data)) + op.data for op in ops)


def unpack(program: bytes) -> Iterator[Op]:
    """Its operations, the last perhaps shortened."""
    at, count = 0, 0
    while at + _HEAD.size <= len(program) and count < MAX_OPS:
        code, place, length = _HEAD.unpack_from(program, at)
        at += _HEAD.size
        yield Op(code, place, program[at : at + length])
        at += length
        count += 1


def program_mutator(
    invent: Callable[[random.Random], Op],
) -> Callable[[random.Random, bytes, Sequence[bytes]], bytes]:
    """A mutator of programs; `invent` makes an operation from nothing."""

    def mutate(rng: random.Random, program: bytes, pool: Sequence[bytes]) -> bytes:
        if rng.random() < 0.1:
            return mutated(rng, program, pool)
        ops = list(unpack(program))
        for _ in range(rng.choice((1, 1, 2, 4))):
            _change(rng, ops, pool, invent)
        return pack(ops[:MAX_OPS])

    return mutate


def _change(rng: random.Random, ops: list[Op], pool: Sequence[bytes], invent: Callable[[random.Random], Op]) -> None:
    at = rng.randrange(len(ops) + 1)
    kind = rng.randrange(7)
    if kind <= 1 or at == len(ops):
        ops.insert(at, invent(rng))
    elif kind == 2:
        ops[at] = ops[at]._replace(data=mutated(rng, ops[at].data, pool)[:65_535])
    elif kind == 3:
        ops[at] = ops[at]._replace(place=rng.randrange(256))
    elif kind == 4:
        del ops[at]
    elif kind == 5:
        ops[at:at] = [ops[at]] * rng.choice((1, 2, 8))
    else:
        other = list(unpack(rng.choice(pool)))
        start = rng.randrange(len(other) + 1)
        ops[at:at] = other[start : start + rng.choice((1, 4, 16))]
