"""The table of peers: which columns fit, and their rows. The columns of one screen stay while it is watched."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from natscope.cli import status_parts as parts
from natscope.cli.pen import Pen, width_of
from natscope.mesh.overview import Overview, PeerLine

NAME, ADDRESS, PATH, RTT, SINCE, NOTE = "PEER", "ADDRESS", "PATH", "RTT", "SINCE", "WHY NOT DIRECT · NOTE"
MAX_NAME, MAX_ADDRESS, MAX_PATH, MAX_TIME = 24, 39, 22, 17
NOTE_CELLS = 40
MIN_NOTE = 22
GAP = "  "


@dataclass(frozen=True, slots=True)
class Column:
    """`texts` has a value for each line of the overview; `width` in cells."""

    title: str
    texts: list[str]
    width: int
    right: bool = False


def choose_columns(overview: Overview, pen: Pen) -> list[Column]:
    """Those that fit: narrow screens lose columns from the right, wide ones gain traffic, handshake and system."""
    columns = [
        _sized(NAME, parts.name_of, overview, MAX_NAME),
        _sized(ADDRESS, parts.address_of, overview, MAX_ADDRESS),
        _sized(PATH, parts.path_of, overview, MAX_PATH),
    ]
    if any(line.was_pinged for line in overview.lines):
        columns.append(_sized(RTT, parts.rtt_of, overview, 7, least=7, right=True))
    columns.append(_sized(SINCE, lambda line: parts.since_of(line, overview.at), overview, MAX_TIME))
    room = pen.width - pen.margin - sum(column.width + len(GAP) for column in columns)
    if room > NOTE_CELLS:
        for column in _further(overview):
            if room - column.width - len(GAP) < NOTE_CELLS:
                break
            columns.append(column)
            room -= column.width + len(GAP)
    if room < MIN_NOTE:  # the reason is what people come for: it goes last
        room += _shorten(columns, overview)
    while room < 0 and len(columns) > 1:
        room += columns.pop().width + len(GAP)
    if room >= MIN_NOTE:
        columns.append(Column(NOTE, [parts.note_of(line, overview.at) for line in overview.lines], room))
    return columns


def _shorten(columns: list[Column], overview: Overview) -> int:
    """Days in place of times in the last column, that says since when; the cells that this saves."""
    before = columns.pop()
    columns.append(_sized(SINCE, lambda line: parts.since_of(line, overview.at, days=True), overview, MAX_TIME))
    return before.width - columns[-1].width


def _further(overview: Overview) -> Iterator[Column]:
    """In the order in which wide screens gain them; each is made only when there may be room."""
    yield _sized("IN", lambda line: parts.size_of(line.node.bytes_in), overview, 7, least=7, right=True)
    yield _sized("OUT", lambda line: parts.size_of(line.node.bytes_out), overview, 7, least=7, right=True)
    yield _sized("HANDSHAKE", lambda line: parts.time_of(line.node.last_handshake, overview.at), overview, MAX_TIME)
    yield _sized("HOME", lambda line: line.node.relay or parts.NOTHING, overview, 10)
    yield _sized("OS", lambda line: line.node.os or parts.NOTHING, overview, 8)


def draw_titles(columns: list[Column], pen: Pen) -> str:
    """The line above the table."""
    titles = (pen.cell(column.title, column.width, right=column.right) for column in columns)
    return (" " * pen.margin + GAP.join(titles)).rstrip()


def draw_rows(columns: list[Column], pen: Pen) -> Iterator[str]:
    """One for each line of the overview, without its sign."""
    drawn = [[pen.cell(text, column.width, right=column.right) for text in column.texts] for column in columns]
    for cells in zip(*drawn, strict=True):
        yield GAP.join(cells).rstrip()


def _sized(
    title: str, text: Callable[[PeerLine], str], overview: Overview, limit: int, *, least: int = 0, right: bool = False
) -> Column:
    texts = [text(line) for line in overview.lines]
    longest = max(map(width_of, texts), default=0)
    return Column(title, texts, min(max(longest, len(title), least), limit), right)
