"""Fuzzes what takes bytes from strangers: `python -m tests.fuzz --seconds 10 --jobs 2 [TARGET …]`.

`--replay FILE` runs one input of one target again. Exit code 1 for a finding, whose input is written to `--out`.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.fuzz.engine import attempt, fuzz, limit_memory
from tests.fuzz.targets import TARGETS


def main() -> int:
    options = _options()
    names = options.targets or list(TARGETS)
    if options.replay:
        finding = attempt(TARGETS[names[0]], 0, Path(options.replay).read_bytes(), set())
        print(finding.words if finding else "nothing found")
        return finding is not None
    seed = options.seed if options.seed is not None else random.SystemRandom().getrandbits(32)
    if len(names) == 1 and not options.child:
        return _one(names[0], seed, options.seconds, Path(options.out))
    if options.child:
        return _one(names[0], seed, options.seconds, Path(options.out))
    return _many(names, seed, options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(TARGETS))
    parser.add_argument("--seconds", type=float, default=10.0, help="for each target")
    parser.add_argument("--jobs", type=int, default=1, help="targets at the same time")
    parser.add_argument("--seed", type=int, help="the same inputs again")
    parser.add_argument("--out", default=tempfile.gettempdir(), help="where inputs that found something go")
    parser.add_argument("--replay", metavar="FILE", help="run one input")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def _one(name: str, seed: int, seconds: float, out: Path) -> int:
    limit_memory()
    run = fuzz(TARGETS[name], seed, seconds=seconds)
    if run.finding is None:
        print(f"{name}: {run.rounds} inputs, {run.kept} kept, nothing found (seed {seed})", flush=True)
        return 0
    path = run.finding.save(out)
    print(f"{name}: FOUND at input {run.finding.round} (seed {seed})\n{run.finding.words}", flush=True)
    print(f"again: python -m tests.fuzz {name} --replay {path}", flush=True)
    return 1


def _many(names: list[str], seed: int, options: argparse.Namespace) -> int:
    """A process for each target, a few at a time."""
    waiting, failed = list(names), False
    running: list[subprocess.Popen[bytes]] = []
    while waiting or running:
        while waiting and len(running) < options.jobs:
            words = [waiting.pop(0), "--child", "--seed", str(seed), "--seconds", str(options.seconds)]
            command = [sys.executable, "-m", "tests.fuzz", *words, "--out", options.out]
            running.append(subprocess.Popen(command, env={**os.environ, "OPENBLAS_NUM_THREADS": "1"}))
        for process in [process for process in running if process.poll() is not None]:
            running.remove(process)
            failed |= process.returncode != 0
        time.sleep(0.05)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
