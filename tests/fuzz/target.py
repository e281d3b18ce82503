"""What is fuzzed: a function of bytes that may refuse them, and nothing else."""

from __future__ import annotations

import random
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

from tests.fuzz.mutate import mutated

Mutate = Callable[[random.Random, bytes, Sequence[bytes]], bytes]


@dataclass(frozen=True)
class Target:
    """`run` raises for a finding; what it gives tells apart inputs that made something new happen.

    Refusals that are allowed are caught in `run`. `seeds` are right inputs, `mutate` makes others of them.
    """

    name: str
    run: Callable[[bytes], Hashable]
    seeds: Callable[[], Sequence[bytes]]
    mutate: Mutate = mutated
