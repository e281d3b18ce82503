"""Paper and ink: signs in two alphabets, four colours by meaning, and prose that never gets wider than the page.

Every text goes through `clean` before it is drawn, ours too; only the styles of this file become control codes.
The ASCII form has the same lines and the same words as the other.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field

from natscope.plugins.clean import cells, clean
from natscope.plugins.report_format import RenderOptions

GOOD, LOOK, BAD, NAME, FAINT, STRONG, PLAIN = "green", "yellow", "red", "cyan", "dim", "bold", ""

PROSE_CELLS = 78
"""Sentences never get wider than this, whatever the terminal."""
NARROWEST = 20
"""Terminals below this get lines of this width."""


@dataclass(frozen=True, slots=True)
class Signs:
    """The signs of one alphabet. `bar` is full cells, `half` the last half cell; `dead` is one cell wide."""

    ok: str
    warn: str
    fail: str
    unknown: str
    info: str
    skip: str
    arrow: str
    dot: str
    bar: str
    half: str
    dead: str


UNICODE = Signs("✓", "!", "✗", "?", "·", "–", "→", "·", "━", "╸", "✗")
ASCII = Signs("[ok]", "[!!]", "[FAIL]", "[??]", "[i]", "-", "->", "|", "=", "-", "x")

Span = tuple[str, str]
"""A text and one of the styles above."""


@dataclass
class Sheet:
    """The lines drawn so far. `width` in cells."""

    options: RenderOptions
    lines: list[list[Span]] = field(default_factory=list)

    @property
    def signs(self) -> Signs:
        """The alphabet of this page."""
        return ASCII if self.options.ascii_only else UNICODE

    @property
    def width(self) -> int:
        """Cells of a line."""
        return max(self.options.width, NARROWEST)

    @property
    def prose(self) -> int:
        """Cells of a line of sentences."""
        return min(self.width, PROSE_CELLS)

    @property
    def verbose(self) -> bool:
        """`-v` and above: everything is shown."""
        return self.options.verbosity >= 1

    def clean(self, text: str, width: int | None = None) -> str:
        """Foreign text for this alphabet, cut to `width` cells."""
        if self.options.ascii_only:
            text = text.replace("…", "...")
        return clean(text, width, ascii_only=self.options.ascii_only)

    def fit(self, text: str, width: int) -> str:
        """Cleaned, cut, and padded to exactly `width` cells."""
        drawn = self.clean(text, width)
        return drawn + " " * (width - cells(drawn))

    def cells(self, text: str) -> int:
        """Cells that the text takes once it is cleaned."""
        return cells(self.clean(text))

    def dots(self, *parts: str) -> str:
        """The parts that are not empty, with the separating dot of this alphabet between them."""
        return f" {self.signs.dot} ".join(part for part in parts if part)

    def line(self, *spans: Span, whole: bool = False) -> None:
        """One line; what goes over the page's width is cut, unless it must stay `whole`: a command to be copied."""
        room = sum(self.cells(text) for text, _ in spans) if whole else self.width
        kept: list[Span] = []
        for text, style in spans:
            drawn = self.clean(text, room) if text.strip(" ") else text[: max(room, 0)]
            room -= cells(drawn)
            kept.append((drawn, style))
        self.lines.append(_without_trailing_blanks(kept))

    def blank(self) -> None:
        """An empty line; never two in a row, never the first."""
        if self.lines and self.lines[-1]:
            self.lines.append([])

    def heading(self, text: str, *more: str) -> None:
        """The title of a section, after an empty line."""
        self.blank()
        rest = self.dots(*more)
        self.line((text, STRONG), (f" {self.signs.dot} {rest}" if rest else "", FAINT))

    def paragraph(
        self, text: str, indent: int = 2, style: str = PLAIN, first: Span | None = None, spare: int = 0
    ) -> None:
        """Wrapped prose; `first` stands in the first line's indent. `spare` cells are left free on the right."""
        for number, row in enumerate(wrap(self.clean(text), self.prose - indent - spare)):
            lead, lead_style = first if first is not None and number == 0 else ("", PLAIN)
            self.line((lead, lead_style), (" " * (indent - cells(lead)), PLAIN), (row, style))

    def render(self) -> str:
        """All lines, each ending with a line feed."""
        if not self.options.colour:
            return "".join("".join(text for text, _ in spans) + "\n" for spans in self.lines)
        return _coloured(self.lines, self.width)


def _coloured(lines: list[list[Span]], width: int) -> str:
    """With control codes for the styles, whatever the environment says: that was decided by whoever asked."""
    from rich.console import Console  # 40 ms of CPU: only those who see colours pay it
    from rich.text import Text

    console = Console(
        file=io.StringIO(),
        width=width + 1,
        force_terminal=True,
        color_system="standard",
        legacy_windows=False,
        markup=False,
        highlight=False,
        emoji=False,
        _environ={},
    )
    with console.capture() as capture:
        for spans in lines:
            console.print(Text.assemble(*spans), soft_wrap=True)
    return capture.get()


def wrap(text: str, width: int) -> Iterator[str]:
    """Lines of at most `width` cells, broken at blanks; a word longer than a line is broken where the line ends."""
    row = ""
    for word in text.split(" "):
        if row and cells(row) + 1 + cells(word) <= width:
            row += f" {word}"
            continue
        if row:
            yield row
        *full, row = _broken(word, width)
        yield from full
    if row:
        yield row


def _broken(word: str, width: int) -> list[str]:
    """The word in pieces that fit."""
    pieces = [""]
    for char in word:
        if cells(pieces[-1] + char) > width:
            pieces.append("")
        pieces[-1] += char
    return pieces


def _without_trailing_blanks(spans: list[Span]) -> list[Span]:
    while spans and not spans[-1][0].strip(" "):
        spans.pop()
    if spans:
        spans[-1] = (spans[-1][0].rstrip(" "), spans[-1][1])
    return spans
