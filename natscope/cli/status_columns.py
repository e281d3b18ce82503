"""The table of peers: which columns fit, and a row. The columns of one screen never change while it is watched."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from natscope.cli import status_parts as parts
from natscope.cli.pen import Pen
from natscope.mesh.overview import Overview, PeerLine
from natscope.plugins.clean import cells, clean

NAME, ADDRESS, PATH, RTT, SINCE, NOTE = "PEER", "ADDRESS", "PATH", "RTT", "SINCE", "WHY NOT DIRECT · NOTE"
MAX_NAME = 24
NOTE_CELLS = 40
MIN_NOTE = 22
GAP = "  "


@dataclass(frozen=True, slots=True)
class Column:
    """`text` gives a row's value; `width` in cells."""

    title: str
    text: Callable[[PeerLine], str]
    width: int
    right: bool = False


def choose_columns(overview: Overview, pen: Pen) -> list[Column]:
    """Those that fit: narrow screens lose columns from the right, wide ones gain traffic, handshake and version."""
    lines = overview.lines
    address = 39 if any(":" in parts.address_of(line) for line in lines) else 15
    columns = [
        _sized(NAME, parts.name_of, overview, MAX_NAME),
        _sized(ADDRESS, parts.address_of, overview, address),
        _sized(PATH, parts.path_of, overview, 22),
    ]
    if any(line.was_pinged for line in lines):
        columns.append(Column(RTT, parts.rtt_of, 7, right=True))
    columns.append(_sized(SINCE, lambda line: parts.since_of(line, overview.at), overview, 17))
    room = pen.width - pen.margin - sum(column.width + len(GAP) for column in columns)
    extra = [
        Column("IN", lambda line: parts.size_of(line.node.bytes_in), 7, right=True),
        Column("OUT", lambda line: parts.size_of(line.node.bytes_out), 7, right=True),
        _sized("HANDSHAKE", lambda line: parts.time_of(line.node.last_handshake, overview.at), overview, 17),
        _sized("HOME", lambda line: line.node.relay or "–", overview, 10),
        _sized("OS", lambda line: line.node.os or "–", overview, 8),
    ]
    for column in extra:
        if room - column.width - len(GAP) < NOTE_CELLS:
            break
        columns.append(column)
        room -= column.width + len(GAP)
    while room < 0 and len(columns) > 1:
        room += columns.pop().width + len(GAP)
    if room >= MIN_NOTE:
        columns.append(Column(NOTE, parts.note_of, room))
    return columns


def draw_titles(columns: list[Column], pen: Pen) -> str:
    """The line above the table."""
    return " " * pen.margin + _joined([column.title for column in columns], columns, pen)


def draw_row(line: PeerLine, sign: str, columns: list[Column], pen: Pen) -> str:
    """One peer."""
    return pen.sign(sign) + _joined([column.text(line) for column in columns], columns, pen)


def _joined(texts: list[str], columns: list[Column], pen: Pen) -> str:
    cells_of = (pen.cell(text, c.width, right=c.right) for text, c in zip(texts, columns, strict=True))
    return GAP.join(cells_of).rstrip()


def _sized(title: str, text: Callable[[PeerLine], str], overview: Overview, limit: int) -> Column:
    longest = max((cells(clean(text(line))) for line in overview.lines), default=0)
    return Column(title, text, min(max(longest, len(title)), limit))
