"""The tables of `derp.py` in Markdown, and the place in `docs/performance.md` where they stand. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from benchmarks.derp_cells import (
    CLOSED,
    IDLE,
    MEMORY_GOAL_MB,
    OPEN,
    Cell,
    client_kib,
    connect_ms,
    cpu_us,
    lost_frames,
    p50_us,
    per_second,
    resident_mb,
)
from benchmarks.derp_servers import OURS, THEIRS

BEGIN, END = "<!-- derp -->", "<!-- end of derp -->"
Figure = Callable[[dict[str, Any]], float]


def tables(cells: Sequence[Cell]) -> str:
    """A table for each load that was measured."""
    parts = []
    for load, table in ((CLOSED, _full), (OPEN, _paced), (IDLE, _idle)):
        of_load = [cell for cell in cells if cell.load == load]
        if of_load:
            parts.append("\n".join(table(of_load)))
    busy = [cell for cell in cells if cell.load != IDLE]
    if busy:
        lost = [sum(sum(cell.figures(relay, lost_frames)) for cell in busy) for relay in (THEIRS, OURS)]
        parts.append(f"Frames lost in all runs: {lost[0]:,.0f} by derper, {lost[1]:,.0f} by natscope.")
    return "\n\n".join(parts)


def put(page: str, text: str) -> str:
    """The page with `text` between the marks. Raises `ValueError` without them."""
    head, begin, rest = page.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{BEGIN} and {END} are missing")
    return f"{head}{begin}\n{text}\n{end}{tail}"


def _full(cells: Sequence[Cell]) -> Iterator[str]:
    yield "| full load | frames/s derper | frames/s natscope | µs of CPU per frame: derper | natscope | × | goal |"
    yield "|---|---|---|---|---|---|---|"
    for cell in cells:
        rates = [f"{statistics.median(cell.figures(relay, per_second)):,.0f}" for relay in (THEIRS, OURS)]
        ratio, goal = cell.ratio(cpu_us), cell.goal or 1.0
        row = [_words(cell), *rates, _span(cell, THEIRS, cpu_us, 1), _span(cell, OURS, cpu_us, 1)]
        yield _row([*row, f"{ratio:.2f}", _judged(goal, ratio >= goal)])


def _paced(cells: Sequence[Cell]) -> Iterator[str]:
    heads = ("2,000 frames/s in all", "latency p50, µs: derper", "natscope", "natscope / derper", "goal")
    yield _row([*heads, "µs of CPU per frame: derper", "natscope", "×"])
    yield "|---|---|---|---|---|---|---|---|"
    for cell in cells:
        ratio, most = 1 / cell.ratio(p50_us), cell.latency_goal
        goal = "" if most is None else _judged(most, ratio <= most, "at most ")
        row = [_words(cell), _span(cell, THEIRS, p50_us, 0), _span(cell, OURS, p50_us, 0), f"{ratio:.2f}", goal]
        yield _row([*row, _span(cell, THEIRS, cpu_us, 0), _span(cell, OURS, cpu_us, 0), f"{cell.ratio(cpu_us):.2f}"])


def _idle(cells: Sequence[Cell]) -> Iterator[str]:
    yield "| idle clients | relay | memory, MB | per client, KiB | CPU to take one, ms | goal |"
    yield "|---|---|---|---|---|---|"
    for cell in cells:
        for relay in (THEIRS, OURS):
            megabytes = statistics.median(cell.figures(relay, resident_mb))
            most = MEMORY_GOAL_MB.get(cell.clients) if relay == OURS else None
            goal = "" if most is None else _judged(most, megabytes <= most, "at most ")
            row = [_words(cell), relay, _span(cell, relay, resident_mb, 0), _span(cell, relay, client_kib, 1)]
            yield _row([*row, _span(cell, relay, connect_ms, 2), goal])


def _words(cell: Cell) -> str:
    transport = "TLS" if cell.tls else "plain"
    if cell.load == IDLE:
        return f"{transport}, {cell.clients:,}"
    return f"{transport}, {cell.pairs} pairs, {cell.size:,} B"


def _span(cell: Cell, relay: str, of: Figure, digits: int) -> str:
    """Median, and the least and the most."""
    figures = cell.figures(relay, of)
    median, least, most = statistics.median(figures), min(figures), max(figures)
    return f"{median:,.{digits}f} ({least:,.{digits}f} to {most:,.{digits}f})"


def _judged(goal: float, reached: bool, words: str = "") -> str:
    return f"{words}{goal:g}, {'reached' if reached else 'missed'}"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
