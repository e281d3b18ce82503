"""Runs one target: mutates what it knows, keeps what made something new happen, stops at the first finding.

Everything follows from the seed and the number of the round, so that a finding can be had again; its input is written
to a file as well. A round that takes long or much memory is a finding, too.
"""

from __future__ import annotations

import hashlib
import random
import resource
import time
import traceback
from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path

from tests.fuzz.target import Target

CPU_LIMIT_S = 2.0
"""Processor time, not the wall clock's: other processes do not count."""
MEMORY_LIMIT_BYTES = 1 << 30
MAX_KEPT = 4096


@dataclass(frozen=True)
class Finding:
    """An input that must not do what it does."""

    target: str
    round: int
    data: bytes
    words: str

    def save(self, folder: Path) -> Path:
        """Write the input; the file's name is its digest's."""
        path = folder / f"{self.target}-{hashlib.sha256(self.data).hexdigest()[:12]}.bin"
        folder.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self.data)
        return path


@dataclass
class Run:
    """How it went."""

    rounds: int = 0
    kept: int = 0
    finding: Finding | None = None


def fuzz(target: Target, seed: int, *, seconds: float = float("inf"), rounds: int = 1 << 62) -> Run:
    """Until the time or the rounds are over, or something is found."""
    inputs = list(target.seeds())
    seen: set[Hashable] = set()
    run = Run()
    until = time.monotonic() + seconds
    for number, data in enumerate(inputs):
        run.finding = attempt(target, number, data, seen)
        if run.finding is not None:
            return run
    while run.rounds < rounds and (run.rounds % 16 or time.monotonic() < until):
        rng = random.Random(f"{seed}:{run.rounds}")
        data = target.mutate(rng, rng.choice(inputs), inputs)
        known = len(seen)
        run.finding = attempt(target, run.rounds, data, seen)
        run.rounds += 1
        if run.finding is not None:
            break
        if len(seen) > known and len(inputs) < MAX_KEPT:
            inputs.append(data)
            run.kept += 1
    return run


def attempt(target: Target, number: int, data: bytes, seen: set[Hashable]) -> Finding | None:
    """One input."""
    began = time.process_time()
    try:
        seen.add(target.run(data))
    except Exception:
        return Finding(target.name, number, data, traceback.format_exc())
    took = time.process_time() - began
    if took > CPU_LIMIT_S:
        return Finding(target.name, number, data, f"{took:.1f} s of processor time for {len(data)} bytes")
    return None


def limit_memory() -> None:
    """Whoever wants more than that gets a `MemoryError`, which is a finding."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT_BYTES, hard))
