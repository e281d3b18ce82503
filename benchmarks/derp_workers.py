"""What a second process gains: `natscope derp serve` with 1 and with 2 workers under the same load, in turn.

    python benchmarks/derp_workers.py

The load is `derp-load` (tests/interop/go), on upstream's client package; it runs on the same computer and takes its
share of the processors, so more frames pass where the load has a computer of its own. Linux; derp-load is looked for in
$NATSCOPE_PEERS, .cache/peers/bin and on PATH.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.derp_cells import CLOSED, Cell, cpu_us, p50_us, per_second  # noqa: E402
from benchmarks.derp_servers import OURS, Place, Server  # noqa: E402
from tests.interop import peers  # noqa: E402

WORKERS = ("1", "2")
CELLS = [(False, 4, 100), (False, 4, 1400), (True, 4, 1400), (True, 100, 1400), (True, 1, 1400)]
WINDOW = {1: 64, 4: 16, 100: 2}
LOAD_LIMIT_S = 60.0


class WorkersPlace(Place):
    """The name of a relay here is how many workers it has."""

    def command(self, name: str, tls: bool, port: int) -> list[str]:
        """The command line."""
        return [*super().command(OURS, tls, port), "--workers", name]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a table; 3 where derp-load is missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5, help="of each cell and number of workers [5]")
    parser.add_argument("--seconds", type=float, default=1.5, help="measured in each run [1.5]")
    options = parser.parse_args(arguments)
    load = peers.find("derp-load")
    if load is None:
        print("derp-load is missing: CONTRIBUTING.md says how to build it", file=sys.stderr)
        return 3
    print("| load | workers | frames/s | processor time of a frame, µs | latency at the median, µs |")
    print("|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        place = WorkersPlace(Path(folder), "", load)
        for tls, pairs, size in CELLS:
            measure(place, Cell(CLOSED, tls, pairs, size), options.runs, options.seconds)
    return 0


def measure(place: Place, cell: Cell, runs: int, seconds: float) -> None:
    """One cell, the numbers of workers in turn."""
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in WORKERS}
    with contextlib.ExitStack() as stack:
        relays = []
        for name in WORKERS:
            relay = Server(place, name, tls=cell.tls)
            stack.callback(relay.end)
            relays.append(relay)
        for number in range(runs):
            for relay in relays if number % 2 == 0 else reversed(relays):
                found[relay.name].append(_load(place, cell, relay, seconds))
    for name in WORKERS:
        figures = " | ".join(f"{_median(found[name], of):,.{digits}f}" for of, digits in _FIGURES)
        print(f"| {cell.name} | {name} | {figures} |", flush=True)


_FIGURES: tuple[tuple[Callable[[dict[str, Any]], float], int], ...] = ((per_second, 0), (cpu_us, 1), (p50_us, 0))


def _median(runs: list[dict[str, Any]], of: Callable[[dict[str, Any]], float]) -> float:
    return statistics.median(map(of, runs))


def _load(place: Place, cell: Cell, relay: Server, seconds: float) -> dict[str, Any]:
    words = ["-tls"] if cell.tls else []
    words += ["-pairs", str(cell.pairs), "-size", str(cell.size), "-window", str(WINDOW[cell.pairs])]
    pids = ",".join(map(str, relay.pids()))
    done = subprocess.run(
        [place.load, "-at", relay.at, "-pid", pids, "-seconds", str(seconds), "-warm", "0.5", *words],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LOAD_LIMIT_S, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"{cell.name}, {relay.name} workers: {done.stderr.strip()[-500:]}")
    result: dict[str, Any] = json.loads(done.stdout)
    return result


if __name__ == "__main__":
    sys.exit(main())
