"""The `Console`: how to draw on these streams, decided once from flags, environment and terminal.

Colour: `--color`, then NO_COLOR, then FORCE_COLOR or CLICOLOR_FORCE, then CLICOLOR=0 and TERM=dumb, then whether
standard output is a terminal. Width: COLUMNS, then the terminal, then 80.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import IO

from natscope.cli.streams import Streams, wants_ascii
from natscope.plugins.clean import clean

DEFAULT_WIDTH = 80
MIN_WIDTH = 20
MAX_WIDTH = 200


@dataclass(frozen=True, slots=True)
class Console:
    """Streams and how to draw on them. `verbosity`: -1 `-q`, 0, 1 `-v`, 2 `-vv`, 3 `--debug`.

    `live` says whether a progress line may be redrawn on standard error.
    """

    streams: Streams
    environ: Mapping[str, str]
    colour: bool = False
    ascii_only: bool = False
    width: int = DEFAULT_WIDTH
    live: bool = False
    verbosity: int = 0
    warned: list[str] = field(default_factory=list)
    """Every warning, told or not; a console that was decided keeps those before."""

    @classmethod
    def of(cls, streams: Streams, environ: Mapping[str, str]) -> Console:
        """What environment and terminal say, before any flag."""
        return cls(
            streams=streams,
            environ=environ,
            colour=_wants_colour("auto", environ, _is_terminal(streams.stdout)),
            ascii_only=wants_ascii(dict(environ), getattr(streams.stdout, "encoding", None) or ""),
            width=_width(environ, streams.stdout),
            live=_may_redraw(environ, streams.stderr),
        )

    def decided(self, *, color: str, ascii_only: bool, progress: bool, verbosity: int) -> Console:
        """The same with the settings that the user gave."""
        return replace(
            self,
            colour=_wants_colour(color, self.environ, _is_terminal(self.streams.stdout)),
            ascii_only=self.ascii_only or ascii_only,
            live=self.live and progress and verbosity >= 0,
            verbosity=verbosity,
        )

    def data(self, text: str) -> None:
        """Text for standard output."""
        self.streams.write(text)

    def note(self, text: str) -> None:
        """A line for standard error, cleaned."""
        self.streams.note(clean(text, ascii_only=self.ascii_only))

    def warn(self, text: str) -> None:
        """A warning for standard error, unless `-q`."""
        self.warned.append(text)
        if self.verbosity >= 0:
            self.note(f"warning: {text}")


def _is_terminal(stream: IO[str] | None) -> bool:
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # closed
        return False


def _truthy(text: str) -> bool:
    return text.lower() not in ("", "0", "false", "no", "off")


def _wants_colour(choice: str, environ: Mapping[str, str], terminal: bool) -> bool:
    if choice != "auto":
        return choice == "always"
    if environ.get("NO_COLOR"):
        return False
    if _truthy(environ.get("FORCE_COLOR", "")) or _truthy(environ.get("CLICOLOR_FORCE", "")):
        return True
    if environ.get("CLICOLOR") == "0" or environ.get("TERM") == "dumb":
        return False
    return terminal


def _width(environ: Mapping[str, str], stdout: IO[str] | None) -> int:
    columns = environ.get("COLUMNS", "")
    if columns.isascii() and columns.isdigit() and int(columns[:6]) > 0:
        return min(max(int(columns[:6]), MIN_WIDTH), MAX_WIDTH)
    if stdout is None or not _is_terminal(stdout):
        return DEFAULT_WIDTH
    try:
        seen = os.get_terminal_size(stdout.fileno()).columns
    except (OSError, ValueError):
        return DEFAULT_WIDTH
    return min(max(seen, MIN_WIDTH), MAX_WIDTH) if seen else DEFAULT_WIDTH


def _may_redraw(environ: Mapping[str, str], stderr: IO[str] | None) -> bool:
    return _is_terminal(stderr) and environ.get("TERM", "") != "dumb" and not _truthy(environ.get("CI", ""))
