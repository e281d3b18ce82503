"""How screens of the mesh commands are drawn: signs, colours, wrapped text, cells. Foreign text goes through it.

Colour never stands alone: each sits on a sign or a word. SGR 2 (faint) is for what is beside the point.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from functools import lru_cache

from natscope.plugins.clean import cells, clean

GOOD, LOOK, BROKEN, UNKNOWN, PLAIN = "good", "look", "broken", "unknown", "plain"
_SIGNS = {GOOD: ("✓", "[ok]"), LOOK: ("!", "[!!]"), BROKEN: ("✗", "[FAIL]"), UNKNOWN: ("?", "[??]"), PLAIN: (" ", " ")}
_SGR = {GOOD: "32", LOOK: "33", BROKEN: "31", UNKNOWN: "33", "name": "36", "faint": "2", "bold": "1"}
_PLAIN_FORMS = (("→", "->"), ("·", "|"), ("–", "-"), ("…", "..."), ("✓", "ok"), ("⋮", ":"))
MAX_PROSE = 78
MIN_WRAP = 24
MAX_TEXT = 2000
"""Cells of a paragraph: whoever says more is cut."""
MAX_CELL = 200


def width_of(text: str) -> int:
    """Cells that a foreign text takes once it is cleaned."""
    return len(text) if text.isascii() and text.isprintable() else _width_of(text)


@lru_cache(maxsize=256)
def _width_of(text: str) -> int:
    return cells(clean(text, MAX_CELL))


@dataclass(frozen=True, slots=True)
class Pen:
    """`width` in cells; `colour` whether SGR may be used."""

    width: int = 80
    ascii_only: bool = False
    colour: bool = False

    @property
    def prose(self) -> int:
        """How wide a paragraph may be."""
        return min(self.width, MAX_PROSE)

    @property
    def margin(self) -> int:
        """The cells of a sign and the blank behind it."""
        return 7 if self.ascii_only else 2

    def sign(self, kind: str) -> str:
        """The sign, coloured, with blanks up to the margin."""
        shown = _SIGNS[kind][self.ascii_only]
        return self.paint(shown, kind) + " " * (self.margin - len(shown))

    def paint(self, text: str, role: str) -> str:
        """`text` (clean already) in the colour of a role."""
        code = _SGR.get(role)
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour and code and text.strip() else text

    def ours(self, text: str) -> str:
        """A text of our own, with its few ornaments as ASCII where only that can be drawn."""
        if self.ascii_only and not text.isascii():
            for ornament, plain in _PLAIN_FORMS:
                text = text.replace(ornament, plain)
        return text

    def clean(self, text: str, width: int | None = None) -> str:
        """A foreign text, or one with foreign parts."""
        return clean(self.ours(text), width, ascii_only=self.ascii_only)

    def cell(self, text: str, width: int, *, right: bool = False) -> str:
        """One cell of a table, cut and padded."""
        if len(text) <= width and text.isascii() and text.isprintable():  # of ten thousand rows nearly all
            return text.rjust(width) if right else text.ljust(width)
        return _cell(self, text, width, right=right)

    def wrap(self, text: str, indent: str = "  ", *, first: str = "", sign: str = "", role: str = "") -> list[str]:
        """A paragraph. A `sign`, or the text `first`, stands before its first line in place of `indent`."""
        lead = self.ours(first or indent)
        before = max(cells(indent), self.margin if sign else cells(lead))
        width = max(self.prose - before, MIN_WRAP)
        lines = textwrap.wrap(self.clean(text, MAX_TEXT), width, break_on_hyphens=False) or [""]
        shown = [self.paint(line, role) if role else line for line in lines]
        return [(self.sign(sign) if sign else lead) + shown[0], *(indent + line for line in shown[1:])]


@lru_cache(maxsize=256)
def _cell(pen: Pen, text: str, width: int, *, right: bool) -> str:
    """The slow way; the same few texts, most of them dashes, stand in most rows."""
    shown = pen.clean(text, width)
    blanks = " " * max(width - cells(shown), 0)
    return blanks + shown if right else shown + blanks
