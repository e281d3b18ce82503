"""CPU time from start to answer, and to the first packet, beside a bare interpreter in the same run.

`python benchmarks/startup.py [--runs 15]`. CPU is user + system of the child, as the kernel accounts it; runs of the
commands are interleaved and the median is printed. "First packet" is measured by a UDP listener on loopback that
reads the child's CPU clock at the moment its first datagram arrives; the listener never answers.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import socket
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

NATSCOPE = str(Path(sys.executable).with_name("natscope"))
ARRIVAL_LIMIT_S = 20.0
CPUCLOCK_SCHED = 2
"""From the kernel's posix-timers.h: the kind of clock, beside the process id."""


@dataclass(slots=True)
class Case:
    """One command; `limit_ms` or `limit_ratio` (to the bare interpreter) is the goal."""

    name: str
    argv: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    limit_ms: float | None = None
    limit_ratio: float | None = None
    samples_ms: list[float] = field(default_factory=list)

    @property
    def median_ms(self) -> float:
        return statistics.median(self.samples_ms)


def cases(map_file: str) -> list[Case]:
    """The bare interpreter first: all ratios are to it."""
    completing = {"_NATSCOPE_COMPLETE": "complete_bash", "COMP_WORDS": "natscope netcheck --de", "COMP_CWORD": "2"}
    first_packet = ["netcheck", "--derp-map", map_file, "-4", "--timeout", "3"]
    return [
        Case("python -c pass", [sys.executable, "-c", "pass"]),
        Case("natscope --help", [NATSCOPE, "--help"], limit_ratio=1.7),
        Case("natscope --version", [NATSCOPE, "--version"], limit_ratio=1.7),
        Case("natscope completion bash", [NATSCOPE, "completion", "bash"], limit_ratio=1.7),
        Case("completion request", [NATSCOPE], completing, limit_ms=80),
        Case("natscope netcheck --help", [NATSCOPE, "netcheck", "--help"]),
        Case("first packet of a netcheck", [NATSCOPE, *first_packet], limit_ms=130),
    ]


def environment(scratch: str, extra: dict[str, str]) -> dict[str, str]:
    """Nobody's configuration; byte code is kept as in an installation (no PYTHONDONTWRITEBYTECODE)."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("NATSCOPE_", "PYTHON"))}
    return kept | {f"XDG_{k}_HOME": f"{scratch}/{k}" for k in ("CONFIG", "CACHE", "STATE")} | extra


def spawn(case: Case, scratch: str) -> int:
    """Start the command with its output thrown away."""
    null = [(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_RDWR, 0) for fd in (0, 1, 2)]
    return os.posix_spawn(case.argv[0], case.argv, environment(scratch, case.environment), file_actions=null)


def whole_run_ms(case: Case, scratch: str) -> float:
    """CPU of the whole process."""
    _, status, usage = os.wait4(spawn(case, scratch), 0)
    if status != 0:
        raise SystemExit(f"{case.name}: exit status {status}")
    return (usage.ru_utime + usage.ru_stime) * 1000


def run_time_ms(pid: int) -> float:
    """CPU that all threads of a process have used so far, to the nanosecond (the clock of clock_getcpuclockid(3))."""
    process_clock = ((~pid) << 3) | CPUCLOCK_SCHED
    return time.clock_gettime_ns(process_clock) / 1e6


def first_packet_ms(case: Case, scratch: str, listener: socket.socket) -> float:
    """CPU until the listener sees a datagram."""
    pid = spawn(case, scratch)
    try:
        listener.recv(2048)
        return run_time_ms(pid)
    except TimeoutError:
        raise SystemExit(f"{case.name}: no packet in {ARRIVAL_LIMIT_S} s") from None
    finally:
        os.kill(pid, 9)
        os.waitpid(pid, 0)
        drain(listener)


def drain(listener: socket.socket) -> None:
    """Throw away what the last child sent after its first packet."""
    listener.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while True:
            listener.recv(2048)
    listener.settimeout(ARRIVAL_LIMIT_S)


def write_map(folder: str, port: int) -> str:
    """One region at 127.0.0.1, address literal."""
    node = {"Name": "1a", "RegionID": 1, "HostName": "one.test", "IPv4": "127.0.0.1", "IPv6": "none", "STUNPort": port}
    region = {"RegionID": 1, "RegionCode": "one", "RegionName": "One", "Nodes": [node]}
    path = Path(folder) / "map.json"
    path.write_text(json.dumps({"Regions": {"1": region}}))
    return str(path)


def verdict(case: Case, bare_ms: float) -> str:
    """Goal and whether it is reached."""
    if case.limit_ratio is not None:
        return f"<= {case.limit_ratio} x  {'ok' if case.median_ms <= case.limit_ratio * bare_ms else 'MISSED'}"
    if case.limit_ms is not None:
        return f"<= {case.limit_ms:.0f} ms  {'ok' if case.median_ms <= case.limit_ms else 'MISSED'}"
    return ""


def main() -> int:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=15)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as scratch, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.settimeout(ARRIVAL_LIMIT_S)
        table = cases(write_map(scratch, listener.getsockname()[1]))
        for number in range(runs + 1):  # the first round fills caches and is not counted
            for case in table:
                packet = case.name.startswith("first packet")
                spent = first_packet_ms(case, scratch, listener) if packet else whole_run_ms(case, scratch)
                if number:
                    case.samples_ms.append(spent)
    bare_ms = table[0].median_ms
    print(f"CPU, median of {runs} interleaved runs\n")
    print(f"{'command':32} {'ms':>7} {'min':>7} {'ratio':>6}  goal")
    for case in table:
        ratio = case.median_ms / bare_ms
        print(
            f"{case.name:32} {case.median_ms:7.1f} {min(case.samples_ms):7.1f} {ratio:6.2f}  {verdict(case, bare_ms)}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
