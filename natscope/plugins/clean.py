"""Foreign text made safe to draw: no control codes, no invisible characters, no more cells than asked for.

Names of hosts, regions and peers, error strings, certificate fields and DNS answers come from strangers. What a
terminal would obey or hide becomes a visible escape (`\\x1b`, `\\u202e`); everything else stays as it was written.
Cleaning twice changes nothing.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

MAX_COMBINING = 4
"""Combining marks in a row that are kept; more of them only serve to paint over other lines."""

MARK_HOLDER = "\N{DOTTED CIRCLE}"
"""What a combining mark at the very start is put on, so that it cannot change the character before the text."""

_ESCAPED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_MARKS = frozenset({"Mn", "Me"})
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Grapheme joiner, Hangul and Khmer fillers, blank Braille: letters or marks by category, yet nothing is drawn."""

_EMOJI_STYLE = "\ufe0f"
"""Variation selector 16 asks for a picture two cells wide; terminals differ, so the wider answer is budgeted."""


def clean(text: str, width: int | None = None, *, ascii_only: bool = False) -> str:
    """`text` with everything dangerous escaped and, if `width` is given, cut to that many cells with an ellipsis.

    `ascii_only` escapes all that is not printable ASCII. Lone surrogates are escaped like controls, so the result can
    always be encoded as UTF-8. An escape is never cut in the middle.
    """
    if text.isascii() and text.isprintable() and (width is None or len(text) <= width):
        return text
    if width is None:
        return "".join(piece for piece, _ in _pieces(text, ascii_only))
    return _cut(_pieces(text, ascii_only), width, "..." if ascii_only else "…")


def cells(text: str) -> int:
    """How many terminal cells a cleaned text takes."""
    return len(text) if text.isascii() else sum(cells_of for _, cells_of in _pieces(text, False))


def _cut(pieces: Iterator[tuple[str, int]], width: int, ellipsis: str) -> str:
    """Join pieces up to `width` cells; reading stops at the first piece that does not fit."""
    kept: list[tuple[str, int]] = []
    used = 0
    for piece, size in pieces:
        if used + size > width:
            break
        kept.append((piece, size))
        used += size
    else:
        return "".join(piece for piece, _ in kept)
    while kept and used + len(ellipsis) > width:
        used -= kept.pop()[1]
    return "".join(piece for piece, _ in kept) + ellipsis[: max(width, 0)]


def _pieces(text: str, ascii_only: bool) -> Iterator[tuple[str, int]]:
    """Each character as what is drawn for it and the cells that takes."""
    marks = MAX_COMBINING
    before = 0
    for position, char in enumerate(text):
        if _is_escaped(char, ascii_only):
            escape = _escape(char)
            marks, before = 0, 1
            yield escape, len(escape)
        elif unicodedata.category(char) not in _MARKS:
            marks, before = 0, _cells_of(char)
            yield char, before
        elif position == 0:
            marks, before = 1, 1
            yield MARK_HOLDER + char, 2 if char == _EMOJI_STYLE else 1
        elif marks < MAX_COMBINING:
            marks += 1
            yield char, 1 if char == _EMOJI_STYLE and before == 1 else 0


def _is_escaped(char: str, ascii_only: bool) -> bool:
    if char.isascii():
        return not char.isprintable()
    return ascii_only or unicodedata.category(char) in _ESCAPED or char in _INVISIBLE


def _escape(char: str) -> str:
    """`\\x1b`, `\\u202e` or `\\U000e0001`."""
    code = ord(char)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _cells_of(char: str) -> int:
    """Two for wide and full-width characters and flags' letters, else one."""
    if "\U0001f1e6" <= char <= "\U0001f1ff":
        return 2
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1
