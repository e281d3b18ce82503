"""Progress of a run on standard error: a line that is redrawn on a terminal, with `-v` one line a step elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from natscope.cli.render import Console
from natscope.netcheck.progress import Progress

if TYPE_CHECKING:
    from natscope.model.report import Report

BAR_CELLS = 10
LONG_S = 6.0
"""Who waits longer than a usual run first wants to know for what, and how to end it."""
_WORDS = {"answered": "yes", "asking": "...", "off": "off", "refused": "no"}
_SIGNS = {"answered": "✓", "asking": "…", "off": "–", "refused": "✗"}


class ProgressLine:
    """Draws `Progress` values; call `finish` before anything else is written."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._drawn = False
        self._last_step = ""

    @property
    def wanted(self) -> bool:
        """Whether anything would be shown."""
        return self._console.live or self._console.verbosity > 0

    def start(self, text: str) -> None:
        """The first line, before anything is known."""
        if self._console.live:
            self._redraw(text)
        elif self._console.verbosity > 0:
            self._console.note(f"natscope: {text}")

    def __call__(self, progress: Progress) -> None:
        """Show how far the run is."""
        if self._console.live:
            self._redraw(self._picture(progress))
        elif self._console.verbosity > 0:
            self._step(progress)

    def tell(self, elapsed_s: float, done: int, total: int, doing: str) -> None:
        """How far a run is that counts nodes, and what it is doing."""
        if self._console.live:
            parts = [f"{elapsed_s:.1f} s", self._bar(done, total), f"nodes {done} of {total}"]
            self._redraw(self._fitted("  ".join(parts), [doing, "Ctrl-C: result so far"]))
        elif self._console.verbosity > 0:
            self._say_step(elapsed_s, f"{doing}, nodes {done}/{total}")

    def finish(self) -> None:
        """Take the line away."""
        if self._drawn:
            self._console.streams.scribble("\r\x1b[2K")
            self._drawn = False

    def done(self, report: Report) -> None:
        """The last line of a run that was told step by step."""
        if self._console.verbosity > 0 and not self._console.live:
            self._console.note(f"natscope: {report.duration_ms / 1000:.1f} s done, direct: {report.verdict.direct}")

    def _redraw(self, text: str) -> None:
        self._console.streams.scribble("\r\x1b[2K" + text[: max(self._console.width - 1, 1)])
        self._drawn = True

    def _picture(self, progress: Progress) -> str:
        bar = self._bar(progress.regions_answered, progress.regions_total)
        signs = _WORDS if self._console.ascii_only else _SIGNS
        line = f"{progress.elapsed_s:.1f} s  {bar}  relays {progress.regions_answered} of {progress.regions_total}"
        parts = [f"v4 {signs[progress.ipv4]} v6 {signs[progress.ipv6]}", progress.step, "Ctrl-C: result so far"]
        if progress.elapsed_s >= LONG_S:
            parts = parts[1:] + parts[:1]
        return self._fitted(line, parts)

    def _bar(self, done: int, total: int) -> str:
        total = max(total, 1)
        filled = BAR_CELLS * min(done, total) // total
        full, empty = ("=", ".") if self._console.ascii_only else ("━", "─")
        return full * filled + empty * (BAR_CELLS - filled)

    def _fitted(self, line: str, parts: list[str]) -> str:
        """The line with as many of the parts as there is room for."""
        dot = " | " if self._console.ascii_only else " · "
        for part in parts:
            if part and len(line) + len(dot) + len(part) < self._console.width:
                line += dot + part
        return line

    def _step(self, progress: Progress) -> None:
        """A line for each new step; none for the same one again."""
        families = [
            f"{name} {_WORDS[state]}"
            for name, state in (("IPv4", progress.ipv4), ("IPv6", progress.ipv6))
            if state in ("answered", "refused")
        ]
        text = ", ".join(
            [part for part in (progress.step, f"relays {progress.regions_answered}/{progress.regions_total}") if part]
            + families
        )
        self._say_step(progress.elapsed_s, text)

    def _say_step(self, elapsed_s: float, text: str) -> None:
        if text != self._last_step:
            self._last_step = text
            self._console.note(f"natscope: {elapsed_s:.1f} s {text}")
