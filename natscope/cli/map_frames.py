"""Problems of a relay map as frames: what is wrong, the line it stands in, carets under the words, what to write.

Without the text of the map (a report carries none) a frame shrinks to place and message. All of it is foreign text and
leaves this module cleaned.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from natscope.model.relay_map import MapProblem, RelayMap
from natscope.plugins.clean import cells, clean

MIN_GUTTER = 2

_CORNERS = {False: ("┌─", "│", "└─"), True: ("+-", "|", "+-")}
_SGR = {"error": "1;31", "warning": "1;33"}
_LINE_FIX = re.compile(r'"?\w+"?:(?: |$)')
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"?|\'[^\']*\'?|[^\s,:{}\[\]]+(?::[^\s,{}\[\]]+)*')
_CODES = {"single-region": "NS-REL-07"}
_CAUSE = "NS-REL-06"


@dataclass(frozen=True, slots=True)
class FrameStyle:
    """How frames are drawn."""

    width: int = 80
    ascii_only: bool = False
    colour: bool = False


def draw_problems(
    problems: Sequence[MapProblem], name: str, lines: Sequence[str], relay_map: RelayMap, style: FrameStyle
) -> str:
    """One frame for each problem, a blank line after each; empty without problems."""
    kept = {region.region_id for region in relay_map.regions}
    frames = (_frame(problem, name, lines, kept, style) for problem in problems)
    return "".join("\n".join(frame) + "\n\n" for frame in frames)


def subject_of(problem: MapProblem, kept: set[int]) -> str:
    """What a problem costs, or what a warning is about; `kept` are the ids of the usable regions."""
    region = "" if problem.region_id is None else f"region {problem.region_id}"
    if problem.severity != "error":
        return f"{region}: {problem.code.replace('-', ' ')}" if region else problem.code.replace("-", " ")
    if not region:
        return f"{problem.place} cannot be used"
    if problem.region_id not in kept:
        return f"{region} cannot be used"
    return f"a {'node' if '[' in problem.place else 'field'} of {region} cannot be used"


def _frame(problem: MapProblem, name: str, lines: Sequence[str], kept: set[int], style: FrameStyle) -> Iterator[str]:
    top, side, bottom = _CORNERS[style.ascii_only]
    gutter = max(MIN_GUTTER, len(str(problem.line)))
    pad = " " * gutter
    yield _header(problem, name, kept, style)
    place = f"{name}:{problem.line}:{problem.column}" if problem.line else f"{name}: {problem.place}"
    yield pad + top + " " + clean(f"{place}  {problem.code}", style.width - gutter - 3, ascii_only=style.ascii_only)
    if 0 < problem.line <= len(lines):
        yield pad + side
        yield from _marked(problem, lines[problem.line - 1], pad, side, style)
    else:
        yield from (f"{pad}{side} {piece}" for piece in _wrapped(problem.message, style, gutter + 2))
    if problem.fix:
        word = "write" if _LINE_FIX.match(problem.fix) else "fix"
        yield f"{pad}{bottom} {word}: {clean(problem.fix.strip(), ascii_only=style.ascii_only)}"


def _header(problem: MapProblem, name: str, kept: set[int], style: FrameStyle) -> str:
    code = _CODES.get(problem.code, _CAUSE)
    subject = clean(subject_of(problem, kept), ascii_only=style.ascii_only)
    text = f"{problem.severity}: {_short(name)}: {subject}"
    text = clean(text, style.width - len(code) - 1, ascii_only=style.ascii_only)
    gap = " " * max(style.width - 1 - cells(text) - len(code), 1)
    if style.colour:
        text = text.replace(problem.severity, f"\x1b[{_SGR[problem.severity]}m{problem.severity}\x1b[0m", 1)
    return text + gap + code


def _short(name: str) -> str:
    """The last part of a file name: the whole of it stands in the next line."""
    return name if "://" in name else name.rpartition("/")[2] or name


def _marked(problem: MapProblem, line: str, pad: str, side: str, style: FrameStyle) -> Iterator[str]:
    """The line of the file and carets under the word at the problem's column, with the message behind or below."""
    gutter = len(pad)
    room = style.width - gutter - 2
    start, shown = _window(line, problem.column - 1, room)
    match = _TOKEN.match(shown, start)
    word = match.group() if match else shown[start : start + 1]
    before = cells(clean(shown[:start], ascii_only=style.ascii_only))
    carets = "^" * max(min(cells(clean(word, ascii_only=style.ascii_only)), room - before), 1)
    yield f"{problem.line:>{gutter}}{side} {clean(shown, room, ascii_only=style.ascii_only)}"
    message = clean(problem.message, ascii_only=style.ascii_only)
    if before + len(carets) + 1 + cells(message) <= room:
        yield f"{pad}{side} {' ' * before}{carets} {message}"
        return
    yield f"{pad}{side} {' ' * before}{carets}"
    yield from (f"{pad}{side} {piece}" for piece in _wrapped(problem.message, style, gutter + 2))


def _window(line: str, column: int, room: int) -> tuple[int, str]:
    """The part of a long line around `column`, tabs as blanks, and where the column stands in it."""
    line = line.rstrip("\r").replace("\t", " ")
    column = min(max(column, 0), len(line))
    cut = max(0, column - room // 2) if column > room // 2 and len(line) > room else 0
    return column - cut, line[cut : cut + 4 * room]


def _wrapped(text: str, style: FrameStyle, indent: int) -> list[str]:
    return textwrap.wrap(clean(text, ascii_only=style.ascii_only), max(style.width - indent, 20))


def summary(problems: Sequence[MapProblem], total: int, usable: int, code: int, style: FrameStyle) -> str:
    """The last line: counts, what can be used, exit code."""
    errors = sum(problem.severity == "error" for problem in problems)
    warnings = len(problems) - errors
    counts = [_count(number, word) for number, word in ((errors, "error"), (warnings, "warning")) if number]
    regions = _count(total, "region") if usable == total else f"{usable} of {total} regions can be used"
    parts = (", ".join(counts) or "nothing is wrong", regions, f"exit {code}")
    return (" | " if style.ascii_only else " · ").join(parts)


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
