"""Responses per core-second of our STUN server's engines beside coturn and upstream's stund, in one run.

    python benchmarks/stun.py [--rounds N]

Each round asks every server in turn from 2,000 source addresses of 127/8, 20 times each (the first warms up), in the
Tailscale form, which stund insists on. Each round has sources of its own, so that our rate limiter, which stays on at
its default of 20 at once and 5 a second, answers all of them. Processor time is user and system time of the server
process from /proc/PID/task/*/schedstat; only right answers count. Loopback charges the way into the client's socket to
the server. Linux, with coturn installed and stund in $NATSCOPE_PEERS, .cache/peers/bin or on PATH.
"""

from __future__ import annotations

import argparse
import contextlib
import ipaddress
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.stun_load import Load
from natscope.model.endpoint import Endpoint

SOURCES = 2_000
PER_SOURCE = 20
START_LIMIT_S = 20.0
LOOPBACK = ipaddress.IPv4Address("127.0.0.1")
ROOT = Path(__file__).resolve().parents[1]

ROW = "{:<10} {:>8} {:>6} {:>6} {:>11} {:>9} {:>7} {:>6}"
TARGETS = {"numpy": 1.5, "batch": 1.0, "portable": 0.8}
"""What each engine must reach, as a multiple of coturn's responses per core-second."""


@dataclass(slots=True)
class Server:
    """A server under test and what was measured: microseconds of processor per answer, one figure per round."""

    name: str
    command: list[str]
    target: Endpoint
    process: subprocess.Popen[bytes] | None = None
    microseconds: list[float] = field(default_factory=list)
    lost: int = 0

    @property
    def per_core_second(self) -> float:
        return 1e6 / statistics.median(self.microseconds)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        servers = [*foreign(Path(folder)), *ours()]
        with running(servers):
            for number in range(options.rounds):
                for server in servers:
                    measure(server, number)
    return report(servers, options.rounds)


def ours() -> list[Server]:
    """One process per engine, each with its default limits."""
    servers = []
    for engine in TARGETS:
        target = Endpoint(LOOPBACK, free_port())
        command = [sys.executable, "-m", "natscope", "stun", "serve", "--listen", str(target), "--engine", engine]
        servers.append(Server(engine, command, target))
    return servers


def foreign(folder: Path) -> list[Server]:
    """Coturn and stund, whichever is there."""
    servers = []
    path = os.pathsep.join([os.environ.get("NATSCOPE_PEERS", ""), str(ROOT / ".cache/peers/bin"), os.environ["PATH"]])
    if program := shutil.which("turnserver"):
        target = Endpoint(LOOPBACK, free_port())
        command = [
            *(program, "-n", "--stun-only", "-L", str(target.ip), f"--listening-port={target.port}"),
            *("--no-tls", "--no-dtls", "--no-tcp", "--no-cli", f"--log-file={os.devnull}"),
            *(f"--pidfile={folder / 'pid'}", f"--userdb={folder / 'db'}"),
        ]
        servers.append(Server("coturn", command, target))
    if program := shutil.which("stund", path=path):
        target = Endpoint(LOOPBACK, free_port())
        command = [program, "-stun", str(target), "-http", f"127.0.0.1:{free_port()}"]
        servers.append(Server("stund", command, target))
    return servers


@contextlib.contextmanager
def running(servers: Sequence[Server]) -> Iterator[None]:
    """All servers, answering; ended afterwards."""
    try:
        for server in servers:
            server.process = subprocess.Popen(server.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for server in servers:
            wait_for(server)
        yield
    finally:
        for server in servers:
            if server.process is not None:
                server.process.terminate()
                server.process.wait(timeout=10)


def wait_for(server: Server) -> None:
    """Ask from one address until there is an answer."""
    give_up_at = time.monotonic() + START_LIMIT_S
    while time.monotonic() < give_up_at:
        with contextlib.closing(Load(server.target, 1, first=255)) as load:
            if load.run(1).answered:
                return
    raise SystemExit(f"{server.name} does not answer on {server.target}")


def measure(server: Server, number: int) -> None:
    """One round against one server."""
    assert server.process is not None
    with contextlib.closing(Load(server.target, SOURCES, first=1 + number % 250)) as load:
        load.run(1)
        before = processor_s(server.process.pid)
        done = load.run(PER_SOURCE - 1)
        used = processor_s(server.process.pid) - before
    server.lost += done.sent - done.answered
    server.microseconds.append(1e6 * used / max(done.answered, 1))


def processor_s(pid: int) -> float:
    """User and system time of a process, all its threads, in seconds."""
    total = 0
    for thread in os.listdir(f"/proc/{pid}/task"):
        with contextlib.suppress(OSError):
            total += int(Path(f"/proc/{pid}/task/{thread}/schedstat").read_text().split()[0])
    return total / 1e9


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def report(servers: Sequence[Server], rounds: int) -> int:
    """Print the table; 1 when a target is missed."""
    coturn = next((server for server in servers if server.name == "coturn"), None)
    print(f"median of {rounds} rounds; {SOURCES} sources, {PER_SOURCE - 1} requests each; ratio: median of the rounds")
    print(ROW.format("server", "us each", "min", "max", "per core-s", "x coturn", "target", "lost"))
    missed = False
    for server in servers:
        ratio, target = ratio_of(server, coturn), TARGETS.get(server.name)
        missed |= target is not None and ratio is not None and ratio < target
        figures = [statistics.median(server.microseconds), min(server.microseconds), max(server.microseconds)]
        cells = [f"{figure:.2f}" for figure in figures] + [f"{server.per_core_second:,.0f}"]
        cells += ["" if ratio is None else f"{ratio:.2f}", "" if target is None else f"{target:.1f}", str(server.lost)]
        print(ROW.format(server.name, *cells))
    if coturn is None:
        print("coturn is not installed: no ratios")
    return int(missed)


def ratio_of(server: Server, coturn: Server | None) -> float | None:
    """How many answers per core-second for one of coturn's, each round compared with itself."""
    if coturn is None:
        return None
    return statistics.median(b / a for a, b in zip(server.microseconds, coturn.microseconds, strict=True))


if __name__ == "__main__":
    sys.exit(main())
