"""Processor time, latency and memory of our relay beside upstream's `derper`, under a load on upstream's own client.

    python benchmarks/derp.py [--runs 5] [--cells 'full-tls-*,idle-*'] [--quick] [--write]

The load is `derp-load` (tests/interop/go), on upstream's `derp` package: connections over 127/8, each frame sent and
flushed as their client does. Both relays of a transport run at the same time, one of them under load; the runs of a
cell alternate between them. Processor time is user and system time of all threads of a relay and its children
from /proc/PID/task/*/schedstat, read by the load at both ends of its measured time, over the frames that arrived.
Linux; derper and derp-load are looked for in $NATSCOPE_PEERS, .cache/peers/bin and on PATH.

`--write` puts the tables into docs/performance.md. The exit code is 1 where a goal is missed.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.derp_cells import IDLE, Cell, all_cells, chosen
from benchmarks.derp_report import put, tables
from benchmarks.derp_servers import OURS, THEIRS, Place, Server, descriptors_for, version_of
from tests.interop import peers

PAGE = Path(__file__).resolve().parents[1] / "docs" / "performance.md"
LOAD_LIMIT_S = 120.0
IDLE_RUNS = 2
"""Memory hardly differs from run to run."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and put the tables into the page where that is wanted."""
    options = _options(arguments)
    cells = [cell for cell in chosen(options.cells.split(",")) if cell.clients <= options.most_clients]
    if not all(map(chosen, ([pattern] for pattern in options.cells.split(",")))):
        names = ", ".join(cell.name for cell in all_cells())
        print(f"no such cell: {options.cells}; there are {names}", file=sys.stderr)
        return 2
    derper, load = peers.find("derper"), peers.find("derp-load")
    missing = [name for name, path in (("derper", derper), ("derp-load", load)) if path is None]
    if derper is None or load is None:
        print(f"{' and '.join(missing)}: not installed; set NATSCOPE_PEERS (see CONTRIBUTING.md)", file=sys.stderr)
        return 2
    began, busy = time.monotonic(), os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        place = Place(Path(folder), derper, load)
        if not measure(place, cells, options.runs, options.seconds):
            return 2
    took = time.monotonic() - began
    command = " ".join(["python benchmarks/derp.py", *(arguments if arguments is not None else sys.argv[1:])])
    text = (
        f"`{command}`: derper {version_of(derper)}, median (least to most) of {options.runs} alternating runs of "
        f"{options.seconds:g} s each, of {min(IDLE_RUNS, options.runs)} for idle clients; {took / 60:.0f} minutes, "
        f"load average {busy:.1f} before.\n\n{tables(cells)}"
    )
    print(text)
    if options.write:
        PAGE.write_text(put(PAGE.read_text(), text))
    misses = [miss for cell in cells for miss in cell.misses()]
    for miss in misses:
        print(f"missed: {miss}", file=sys.stderr)
    return int(bool(misses))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=5, help="of each relay and cell [5]")
    parser.add_argument("--seconds", type=float, default=1.2, help="measured in each run [1.2]")
    parser.add_argument("--cells", default="*", help="names or patterns with *, separated by commas [*]")
    parser.add_argument("--quick", action="store_true", help="one short run of each, to see that everything works")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/performance.md")
    options = parser.parse_args(arguments)
    options.most_clients = 10_000
    if options.quick:
        options.runs, options.seconds, options.most_clients = 1, 0.5, 1000
        if options.write:
            parser.error("--quick measures nothing that should be written down")
    if options.runs < 1 or not 0.1 <= options.seconds <= 60:
        parser.error("--runs is at least 1, --seconds from 0.1 to 60")
    if options.write and options.cells != "*":
        parser.error("--write replaces all tables: not with --cells")
    return options


def measure(place: Place, cells: Sequence[Cell], runs: int, seconds: float) -> bool:
    """Fill the cells; False where the system does not allow it (said on standard error)."""
    problem = descriptors_for(max(cell.clients or 2 * cell.pairs for cell in cells))
    if problem:
        print(problem, file=sys.stderr)
        return False
    for tls in (False, True):
        busy = [cell for cell in cells if cell.tls == tls and cell.load != IDLE]
        if busy:
            with both(place, tls) as relays:
                for cell in busy:
                    _alternate(place, cell, relays, runs, seconds)
    for cell in cells:
        for _ in range(min(IDLE_RUNS, runs) if cell.load == IDLE else 0):
            with both(place, cell.tls) as relays:  # new ones each time: memory that was used once is kept
                _alternate(place, cell, relays, 1, seconds)
    return True


@contextlib.contextmanager
def both(place: Place, tls: bool) -> Iterator[list[Server]]:
    """Derper and ours; ended with the block."""
    relays: list[Server] = []
    try:
        for name in (THEIRS, OURS):
            relays.append(Server(place, name, tls=tls))
        yield relays
    finally:
        for relay in relays:
            relay.end()


def _alternate(place: Place, cell: Cell, relays: Sequence[Server], runs: int, seconds: float) -> None:
    """A B, then B A, so that neither always comes first."""
    print(cell.name, file=sys.stderr, flush=True)
    for number in range(runs):
        for relay in relays if (number + len(cell.runs[OURS])) % 2 == 0 else reversed(relays):
            cell.runs[relay.name].append(_load(place, cell, relay, seconds))


def _load(place: Place, cell: Cell, relay: Server, seconds: float) -> dict[str, Any]:
    """One run of the load. Raises `SystemExit` with its words when it fails or nothing arrives."""
    pids = ",".join(map(str, relay.pids()))
    done = subprocess.run(
        [place.load, "-at", relay.at, "-pid", pids, "-seconds", str(seconds), "-warm", "0.3", *cell.flags],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LOAD_LIMIT_S, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"{cell.name}, {relay.name}: {done.stderr.strip()[-500:]}")
    result: dict[str, Any] = json.loads(done.stdout)
    if cell.load != IDLE and not result["frames"]:
        raise SystemExit(f"{cell.name}, {relay.name}: no frame arrived")
    return result


if __name__ == "__main__":
    sys.exit(main())
