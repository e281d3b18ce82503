"""Draws pings as they come, and what they add up to. Equal lines are folded only where they would push the answer off
the screen of a terminal.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from natscope.apps.mesh_peer import name_of
from natscope.cli.pen import GOOD, Pen
from natscope.cli.ping_end import draw_end, draw_levels, draw_stopped
from natscope.cli.ping_lines import Fold, how_often, level_line, shot_line
from natscope.cli.render import Console
from natscope.mesh.levels import LevelResult
from natscope.mesh.pinging import PingPlan
from natscope.mesh.source import PingKind
from natscope.model.mesh_ping import PingShot

if TYPE_CHECKING:
    from natscope.apps.mesh_ping import PingRun, PingStart
    from natscope.mesh.overview import ReportUse

ROOM = 21
"""Lines that the answer and its reasons take."""
MIN_SHOWN = 3
CLEAR_LINE = "\r\x1b[2K"
MAX_ADDRESSES = 8


class PingScreen:
    """Told everything as it happens; `end` draws the rest. `stamps`: the time of day before each line."""

    def __init__(
        self,
        console: Console,
        pen: Pen,
        plan: PingPlan,
        *,
        stamps: bool = False,
        levels: bool = False,
        rows: int = 0,
        again: str = "",
        explains: bool = False,
    ) -> None:
        """`rows` are the lines of the terminal, 0: nothing may be redrawn. `again` as in `draw_end`. `explains`: of
        levels too it is said why the first one is relayed, because somebody gave a report for that.
        """
        self._again = again
        self._explains = explains
        self._console = console
        self._pen = pen
        self._plan = plan
        self._stamps = stamps
        self._levels = levels
        self._quiet = console.verbosity < 0
        fits = bool(plan.count) and plan.count + ROOM <= rows
        self._fold = Fold(max(rows - ROOM, MIN_SHOWN)) if rows and not fits and not stamps else None

    def begin(self, start: PingStart) -> None:
        """Whom, and how often at most."""
        if self._quiet or start.target.is_this:
            return
        pen = self._pen
        how = how_often(self._plan, levels=self._levels)
        head = f"Pinging {name_of(start.target.node)} ({start.target.ip}) {how}"
        if start.details is not None and self._plan.until_direct and not self._levels:
            count = len(start.details.endpoints)
            head += f"; {count} {'address' if count == 1 else 'addresses'} to try" if count else "; it tells no address"
        self._print(pen.wrap(head, "", first=""))
        if start.target.note:
            self._print(pen.wrap(start.target.note, role="faint"))
        if self._console.verbosity > 0:
            self._print(line for text in _more(start) for line in pen.wrap(text, role="faint"))
        self._console.data("\n")

    def shot(self, shot: PingShot) -> None:
        """One line, or one more in a fold."""
        if self._quiet:
            return
        if self._fold is not None and self._fold.takes(shot):
            self._console.data(CLEAR_LINE + self._pen.clean(self._fold.words(), self._pen.width - 1))
            return
        self._console.data(self._unfolded() + self._stamp(shot) + shot_line(shot, self._plan, self._pen) + "\n")

    def _stamp(self, shot: PingShot) -> str:
        return f"[{shot.ended_at.timestamp():.6f}] " if self._stamps and shot.ended_at is not None else ""

    def level(self, result: LevelResult) -> None:
        """One line."""
        if not self._quiet:
            self._console.data(self._stamp(result.shots[-1]) + level_line(result, self._pen) + "\n")

    def end(self, run: PingRun, report: ReportUse | None, code: int) -> None:
        """The answer, reasons, sums."""
        pen = self._pen
        if run.start.target.is_this:
            said = f"{name_of(run.peer)} ({run.start.target.ip}) is this node itself: there is nothing to ping"
            self._print(pen.wrap(said, sign=GOOD))
            return
        blank = self._unfolded() + ("\n" if (run.shots or run.levels) and not self._quiet else "")
        self._console.data(blank)
        if run.levels:
            use = report if self._explains else None
            self._print(draw_levels(run, use, code, pen, self._console.verbosity, again=self._again))
        elif run.shots:
            self._print(draw_end(run, report, code, pen, self._console.verbosity, again=self._again))
        elif run.interrupted:
            self._print(draw_stopped(run, code, pen))

    def _unfolded(self) -> str:
        """The end of a fold's line."""
        return "\n" if self._fold is not None and self._fold.close() else ""

    def _print(self, lines: Iterable[str]) -> None:
        self._console.data("".join(f"{line}\n" for line in lines))


def _more(start: PingStart) -> Iterator[str]:
    """For `-v`: who is asked, and what the mesh tells of the peer."""
    status, node, details = start.status, start.target.node, start.details
    version = f" {status.version.partition('-')[0]}" if status.version else ""
    yield f"asking {start.source}{version}"
    told = [f"home relay {node.relay}" if node.relay else "no home relay", node.os or "system not told"]
    if details is not None and details.version:
        told.append(f"version {details.version.partition('-')[0]}")
    yield f"{name_of(node)}: {', '.join(told)}"
    if details is not None:
        addresses = [str(endpoint) for endpoint in details.endpoints[:MAX_ADDRESSES]]
        more = len(details.endpoints) - len(addresses)
        yield f"its addresses: {', '.join(addresses) or 'none is told'}{f' and {more} more' if more > 0 else ''}"


def rows_of(console: Console, kind: PingKind) -> int:
    """The lines of the terminal where a line may be drawn again, else 0."""
    stdout = console.streams.stdout
    if kind is not PingKind.DISCO or stdout is None or not stdout.isatty():
        return 0
    if console.environ.get("TERM", "") in ("", "dumb"):
        return 0
    try:
        return os.get_terminal_size(stdout.fileno()).lines
    except (OSError, ValueError):
        return 0
