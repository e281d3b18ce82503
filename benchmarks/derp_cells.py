"""What `derp.py` measures: the cells with their goals, and what the runs of each relay gave. Pure.

- `full`: each pair keeps a window of frames under way (16 at 4 pairs, 2 at 100), so relay and load take what the
  computer has. Here the processor time of a frame is compared: the goals are for it.
- `paced`: 2,000 frames a second in all, at even distances (500 or 20 of each pair). Nothing is near its limit; here the
  latency is compared. The processor time of a frame is mostly that of waking up for it.
- `idle`: connections over TLS that do nothing; here memory is compared.
"""

from __future__ import annotations

import fnmatch
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.derp_servers import OURS, THEIRS

PACED_PER_S = 2000
WINDOW = {4: 16, 100: 2}
CLOSED, OPEN, IDLE = "full", "paced", "idle"
LATENCY_GOAL = 1.3
"""Ours at most so many times derper's, at the median, with 4 pairs."""
MEMORY_GOAL_MB = {10_000: 220}


@dataclass(slots=True)
class Cell:
    """One line of a table. `runs` holds for each relay what the load printed, run by run."""

    load: str
    tls: bool
    pairs: int = 0
    size: int = 0
    clients: int = 0
    runs: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {OURS: [], THEIRS: []})

    @property
    def name(self) -> str:
        """As `--cells` takes it."""
        transport = "tls" if self.tls else "plain"
        rest = str(self.clients) if self.load == IDLE else f"{self.pairs}x{self.size}"
        return f"{self.load}-{transport}-{rest}"

    @property
    def flags(self) -> list[str]:
        """For `derp-load`."""
        words = ["-tls"] if self.tls else []
        if self.load == IDLE:
            return [*words, "-idle", str(self.clients)]
        words += ["-pairs", str(self.pairs), "-size", str(self.size)]
        if self.load == CLOSED:
            return [*words, "-window", str(WINDOW[self.pairs])]
        return [*words, "-rate", str(PACED_PER_S / self.pairs)]

    @property
    def goal(self) -> float | None:
        """Derper's processor time of a frame must be at least so many times ours."""
        if self.load != CLOSED:
            return None
        if not self.tls:
            return 2.0 if self.size == 1400 else 1.3
        return 1.5 if (self.size, self.pairs) == (1400, 4) else 1.0

    @property
    def latency_goal(self) -> float | None:
        """Our latency at the median may be at most so many times derper's."""
        return LATENCY_GOAL if self.load == OPEN and self.pairs == 4 else None

    def figures(self, relay: str, of: Callable[[dict[str, Any]], float]) -> list[float]:
        """One figure of each run."""
        return [of(run) for run in self.runs[relay]]

    def ratio(self, of: Callable[[dict[str, Any]], float]) -> float:
        """Derper's figure over ours, each run compared with the one beside it; the median."""
        pairs = zip(self.figures(THEIRS, of), self.figures(OURS, of), strict=True)
        return statistics.median(theirs / ours for theirs, ours in pairs)

    def misses(self) -> list[str]:
        """The goals that were missed, in words."""
        found = []
        if self.goal is not None and self.ratio(cpu_us) < self.goal:
            found.append(f"{self.name}: {self.ratio(cpu_us):.2f} of {self.goal} x")
        if self.latency_goal is not None and 1 / self.ratio(p50_us) > self.latency_goal:
            found.append(f"{self.name}: latency {1 / self.ratio(p50_us):.2f} x, at most {self.latency_goal} x")
        most = MEMORY_GOAL_MB.get(self.clients) if self.load == IDLE else None
        if most is not None and statistics.median(self.figures(OURS, resident_mb)) > most:
            found.append(f"{self.name}: {statistics.median(self.figures(OURS, resident_mb)):.0f} of {most} MB")
        return found


def cpu_us(run: dict[str, Any]) -> float:
    """Processor time of a frame that arrived, microseconds."""
    return 1e6 * float(run["cpu_s"]) / max(1, int(run["frames"]))


def p50_us(run: dict[str, Any]) -> float:
    """Latency at the median."""
    return float(run["p50_us"])


def per_second(run: dict[str, Any]) -> float:
    """Frames that arrived."""
    return float(run["frames_per_second"])


def lost_frames(run: dict[str, Any]) -> float:
    """Frames that were sent and never arrived, the unmeasured ones included."""
    return float(run["lost"])


def resident_mb(run: dict[str, Any]) -> float:
    """Memory of the relay while the connections stand, megabytes."""
    return int(run["bytes_after"]) / 1e6


def client_kib(run: dict[str, Any]) -> float:
    """Memory that came with each connection."""
    return (int(run["bytes_after"]) - int(run["bytes_before"])) / 1024 / int(run["clients"])


def connect_ms(run: dict[str, Any]) -> float:
    """Processor time of taking a connection, handshake and greeting included."""
    return 1e3 * float(run["connect_cpu_s"]) / int(run["clients"])


def all_cells() -> list[Cell]:
    """In the order of the tables."""
    cells = [
        Cell(load, tls, pairs=pairs, size=size)
        for load in (CLOSED, OPEN) for tls in (False, True) for pairs in (4, 100) for size in (100, 1400)
    ]  # fmt: skip
    return [*cells, Cell(IDLE, tls=True, clients=1000), Cell(IDLE, tls=True, clients=10_000)]


def chosen(patterns: Sequence[str]) -> list[Cell]:
    """Those that a pattern names."""
    return [cell for cell in all_cells() if any(fnmatch.fnmatchcase(cell.name, pattern) for pattern in patterns)]
