"""CPU of `natscope status` by the size of the mesh, from a saved status, beside a bare interpreter in the same run.

`python benchmarks/status.py [--runs 7]`. CPU is user + system of the child, as the kernel accounts it, peak memory its
resident set; runs of the commands are interleaved and the median is printed. The saved files are what a stand-in
tailscaled answers, about 950 bytes a peer.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path

NATSCOPE = str(Path(sys.executable).with_name("natscope"))


@dataclass(slots=True)
class Case:
    """One command; `limit_ms` is the goal."""

    name: str
    argv: list[str]
    limit_ms: float | None = None
    samples_ms: list[float] = field(default_factory=list)
    peak_mb: float = 0.0


def save(path: str, count: int, way_word: str) -> None:
    """Write a saved status of `count` peers that are all reached in one way."""
    from natscope.host.real.host import build_real_host
    from natscope.lab.stand_in import StandInMesh, many_peers
    from natscope.lab.stand_in_daemon import StandIn
    from natscope.model.mesh_status import Way

    mesh = StandInMesh(peers=tuple(replace(peer, way=Way(way_word)) for peer in many_peers(count)))
    Path(path).write_bytes(StandIn(mesh, build_real_host().clock).answer("GET", "/localapi/v0/status", {}).body)


def saved(folder: str, count: int, way_word: str) -> str:
    """The same by a process of its own: what this one holds would count as the memory of its children."""
    path = str(Path(folder) / f"{count}-{way_word}.json")
    subprocess.run([sys.executable, __file__, "--save", path, str(count), way_word], check=True)
    return path


def cases(folder: str) -> list[Case]:
    """The bare interpreter first."""
    status = [NATSCOPE, "status", "--from"]
    idle, relayed = saved(folder, 10_000, "idle"), saved(folder, 10_000, "relayed")
    return [
        Case("python -c pass", [sys.executable, "-c", "pass"]),
        Case("status, 3 peers", [*status, saved(folder, 3, "idle")]),
        Case("status, 10,000 idle", [*status, idle], limit_ms=1000),
        Case("status, 10,000 relayed", [*status, relayed], limit_ms=1000),
        Case("status --json, 10,000 relayed", [*status, relayed, "--json"]),
    ]


def run(case: Case, scratch: str) -> None:
    """One run; its output is thrown away."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("NATSCOPE_", "PYTHON"))}
    environment = kept | {f"XDG_{k}_HOME": f"{scratch}/{k}" for k in ("CONFIG", "CACHE", "STATE")}
    null = [(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_RDWR, 0) for fd in (0, 1, 2)]
    pid = os.posix_spawn(case.argv[0], case.argv, environment, file_actions=null)
    _, status, usage = os.wait4(pid, 0)
    if status != 0:
        raise SystemExit(f"{case.name}: exit status {status}")
    case.samples_ms.append((usage.ru_utime + usage.ru_stime) * 1000)
    case.peak_mb = max(case.peak_mb, usage.ru_maxrss / 1000)


def main() -> int:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--save", nargs=3, metavar=("FILE", "COUNT", "WAY"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    runs = arguments.runs
    if arguments.save:
        save(arguments.save[0], int(arguments.save[1]), arguments.save[2])
        return 0
    with tempfile.TemporaryDirectory() as scratch:
        table = cases(scratch)
        for _ in range(runs + 1):
            for case in table:
                run(case, scratch)
    print(f"CPU, median of {runs} interleaved runs\n")
    print(f"{'command':<32} {'ms':>7} {'min':>7} {'peak MB':>8}  goal")
    missed = False
    for case in table:
        samples = case.samples_ms[1:]  # the first round fills caches
        median = statistics.median(samples)
        goal = ""
        if case.limit_ms is not None:
            missed |= median > case.limit_ms
            goal = f"<= {case.limit_ms:.0f} ms  {'ok' if median <= case.limit_ms else 'MISSED'}"
        print(f"{case.name:<32} {median:7.1f} {min(samples):7.1f} {case.peak_mb:8.1f}  {goal}".rstrip())
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
