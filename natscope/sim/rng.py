"""Randomness of a simulation: every stream hangs on (seed, name), so one more host changes nothing for the others."""

from __future__ import annotations

import hashlib
from functools import cached_property
from random import Random  # noqa: TID251 - seeded by us, and the only place in the simulator


def seed_bytes(seed: int, *names: str) -> bytes:
    """32 bytes that hang on the seed and the names alone."""
    return hashlib.blake2b("\0".join((str(seed), *names)).encode(), digest_size=32).digest()


def stream(seed: int, *names: str) -> Random:
    """A stream of random numbers of its own."""
    return Random(seed_bytes(seed, *names))


class SimRng:
    """The `Rng` of a simulated host."""

    def __init__(self, seed: int, name: str) -> None:
        self._seed = seed
        self._name = name

    @cached_property
    def _random(self) -> Random:
        """Made when first needed: thousands of hosts never ask."""
        return stream(self._seed, "host", self._name)

    def bytes(self, count: int) -> bytes:
        """`count` bytes."""
        return self._random.randbytes(count)

    def below(self, limit: int) -> int:
        """A uniform integer in `0 <= n < limit`; `limit` is at least 1."""
        if limit < 1:
            raise ValueError("limit must be at least 1")
        return self._random.randrange(limit)
