"""Frames around a place in a file: what is wrong, the line, carets under the words, what to write instead.

Without the text of the file a frame shrinks to place and message. All of it is foreign text and leaves cleaned.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from natscope.plugins.clean import cells, clean

MIN_GUTTER = 2

_CORNERS = {False: ("┌─", "│", "└─"), True: ("+-", "|", "+-")}
_SGR = {"error": "1;31", "warning": "1;33"}
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"?|\'[^\']*\'?|[^\s,:{}\[\]]+(?::[^\s,{}\[\]]+)*')


@dataclass(frozen=True, slots=True)
class FrameStyle:
    """How frames are drawn."""

    width: int = 80
    ascii_only: bool = False
    colour: bool = False


@dataclass(frozen=True, slots=True)
class Framed:
    """One problem. `subject` stands in the first line, `right` at its end; `place` names it where no line is known.

    `code` is the problem's, `foot` what to write or do, or empty; one that is to be copied does not wrap. `line` and
    `column` count from 1, 0: not known.
    """

    severity: str
    subject: str
    right: str
    code: str
    place: str
    message: str
    foot: str = ""
    foot_wraps: bool = False
    line: int = 0
    column: int = 0


def draw_frame(framed: Framed, name: str, lines: Sequence[str], style: FrameStyle) -> Iterator[str]:
    """The frame's lines; `name` is the file's and `lines` its text, empty where it is not known."""
    top, side, bottom = _CORNERS[style.ascii_only]
    gutter = max(MIN_GUTTER, len(str(framed.line)))
    pad = " " * gutter
    yield _header(framed, name, style)
    place = f"{name}:{framed.line}:{framed.column}" if framed.line else f"{name}: {framed.place}".removesuffix(": ")
    yield pad + top + " " + clean(f"{place}  {framed.code}", style.width - gutter - 3, ascii_only=style.ascii_only)
    if 0 < framed.line <= len(lines):
        yield pad + side
        yield from _marked(framed, lines[framed.line - 1], pad, side, style)
    else:
        yield from (f"{pad}{side} {piece}" for piece in _wrapped(framed.message, style, gutter + 2))
    if framed.foot:
        foot = clean(framed.foot, ascii_only=style.ascii_only)
        first, *more = _wrapped(foot, style, gutter + 3) if framed.foot_wraps else [foot]
        yield f"{pad}{bottom} {first}"
        yield from (f"{pad}   {piece}" for piece in more)


def counted(problems: Sequence[object], errors: int) -> str:
    """`2 errors, 1 warning`, or that nothing is wrong."""
    counts = [
        count(number, word) for number, word in ((errors, "error"), (len(problems) - errors, "warning")) if number
    ]
    return ", ".join(counts) or "nothing is wrong"


def count(number: int, word: str) -> str:
    """A number and its word, in the plural where it is not one."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def last_line(parts: Sequence[str], style: FrameStyle) -> str:
    """What is told below all frames."""
    return (" | " if style.ascii_only else " · ").join(parts)


def _header(framed: Framed, name: str, style: FrameStyle) -> str:
    subject = clean(framed.subject, ascii_only=style.ascii_only)
    text = f"{framed.severity}: {_short(name)}: {subject}"
    room = style.width - len(framed.right) - 1 if framed.right else style.width
    text = clean(text, room, ascii_only=style.ascii_only)
    gap = " " * max(style.width - 1 - cells(text) - len(framed.right), 1) if framed.right else ""
    if style.colour:
        sgr = f"\x1b[{_SGR[framed.severity]}m{framed.severity}\x1b[0m"
        text = text.replace(framed.severity, sgr, 1)
    return text + gap + framed.right


def _short(name: str) -> str:
    """The last part of a file name: the whole of it stands in the next line."""
    return name if "://" in name else name.rpartition("/")[2] or name


def _marked(framed: Framed, line: str, pad: str, side: str, style: FrameStyle) -> Iterator[str]:
    """The line of the file and carets under the word at the problem's column, with the message behind or below."""
    gutter = len(pad)
    room = style.width - gutter - 2
    start, shown = _window(line, framed.column - 1, room)
    match = _TOKEN.match(shown, start)
    word = match.group() if match else shown[start : start + 1]
    before = cells(clean(shown[:start], ascii_only=style.ascii_only))
    carets = "^" * max(min(cells(clean(word, ascii_only=style.ascii_only)), room - before), 1)
    yield f"{framed.line:>{gutter}}{side} {clean(shown, room, ascii_only=style.ascii_only)}"
    message = clean(framed.message, ascii_only=style.ascii_only)
    if before + len(carets) + 1 + cells(message) <= room:
        yield f"{pad}{side} {' ' * before}{carets} {message}"
        return
    yield f"{pad}{side} {' ' * before}{carets}"
    yield from (f"{pad}{side} {piece}" for piece in _wrapped(framed.message, style, gutter + 2))


def _window(line: str, column: int, room: int) -> tuple[int, str]:
    """The part of a long line around `column`, tabs as blanks, and where the column stands in it."""
    line = line.rstrip("\r").replace("\t", " ")
    column = min(max(column, 0), len(line))
    cut = max(0, column - room // 2) if column > room // 2 and len(line) > room else 0
    return column - cut, line[cut : cut + 4 * room]


def _wrapped(text: str, style: FrameStyle, indent: int) -> list[str]:
    return textwrap.wrap(clean(text, ascii_only=style.ascii_only), max(style.width - indent, 20))
