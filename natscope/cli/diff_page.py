"""The changes between two reports on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from natscope.cli.pen import GOOD, LOOK, Pen
from natscope.diagnosis.compare import Change


def draw(changes: Sequence[Change], left_out: int, pen: Pen) -> list[str]:
    """A line that counts them, then each under its part."""
    rest = f"; {left_out} by chance or not known are left out (-v)" if left_out else ""
    if not changes:
        return pen.wrap(f"Nothing has changed{rest}.", " " * pen.margin, sign=GOOD)
    count = f"{len(changes)} change{'s' if len(changes) > 1 else ''}"
    lines = pen.wrap(f"{count}{rest}.", " " * pen.margin, sign=LOOK)
    for part, members in groupby(changes, lambda change: change.part):
        lines += ["", pen.paint(part.capitalize(), "bold")]
        lines += [line for change in members for line in pen.wrap(_words(change), "    ", first="  ")]
    return lines


def _words(change: Change) -> str:
    if not change.before:
        return f"{change.what}: new: {change.after}"
    if not change.after:
        return f"{change.what}: gone, was: {change.before}"
    return f"{change.what}: {change.before} → {change.after}"
