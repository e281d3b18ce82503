"""What a report format is: a pure function from a report to text.

A format module has `FORMAT = Format(...)` and `def render(report: Report, options: RenderOptions) -> str`.
Names from the network are hostile text: each format escapes them by its own rule.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Format:
    """`name` is what `--format` takes; `for_terminal` formats get colour, width and ASCII from the options."""

    name: str
    media_type: str
    extension: str
    for_terminal: bool
    summary: str


@dataclass(frozen=True, slots=True)
class RenderOptions:
    """How to draw. `width` in cells; `verbosity` -1 quiet, 0, 1 (`-v`), 2 (`-vv`); `ascii_only` for other locales.

    `exit_code` and `next_command` stand on the last lines of a diagnosis, when given.
    """

    width: int = 80
    colour: bool = False
    ascii_only: bool = False
    verbosity: int = 0
    exit_code: int | None = None
    next_command: str = ""
