"""Up to three relays: one column a relay, one row a step; on a narrow terminal one relay after another."""

from __future__ import annotations

from natscope.model.derp_check import DerpCheck, NodeReport
from natscope_reports._derp_check.cells import Cell, rows
from natscope_reports._text.ink import FAINT, NAME, PLAIN, STRONG, Sheet, Span, wrap

MOST = 3
"""Relays that stand side by side."""
LABEL = 26
"""Cells of the first column, with its indent."""
NARROWEST, WIDEST = 18, 54


def draw(sheet: Sheet, check: DerpCheck) -> None:
    """The table after an empty line."""
    sheet.blank()
    width = min((sheet.width - LABEL) // len(check.nodes), WIDEST)
    if width < NARROWEST:
        _stacked(sheet, check)
        return
    _heads(sheet, check.nodes, width)
    for label, cells in rows(sheet, check):
        _row(sheet, label, cells, width)


def _heads(sheet: Sheet, nodes: tuple[NodeReport, ...], width: int) -> None:
    spans = [(sheet.fit("  STEP", LABEL), FAINT)]
    spans += [(sheet.fit(sheet.dots(node.node, node.region_code), width - 1) + " ", STRONG) for node in nodes]
    sheet.line(*spans)
    hosts = [list(wrap(sheet.clean(node.host_name), width - 1)) for node in nodes]
    for number in range(max(map(len, hosts))):
        parts = [lines[number] if number < len(lines) else "" for lines in hosts]
        sheet.line((" " * LABEL, PLAIN), *((sheet.fit(part, width), NAME) for part in parts))


def _row(sheet: Sheet, label: str, cells: list[Cell], width: int) -> None:
    """As many lines as the longest cell needs."""
    drawn = [_lines(sheet, cell, width) for cell in cells]
    for number in range(max(map(len, drawn))):
        spans: list[Span] = [(sheet.fit(f"  {label}" if number == 0 else "", LABEL), PLAIN)]
        for lines in drawn:
            spans += lines[number] if number < len(lines) else [(" " * width, PLAIN)]
        sheet.line(*spans)


def _lines(sheet: Sheet, cell: Cell, width: int) -> list[list[Span]]:
    """A cell's lines, each of exactly `width` cells."""
    lead, style = cell.lead
    room = len(lead) + 1 if cell.room < 7 else cell.room
    found: list[list[Span]] = []
    for text in list(wrap(sheet.clean(cell.text), width - cell.room - 1)) or [""]:
        found.append([(lead + " " * (room - len(lead)), style), (sheet.fit(text, width - room), cell.style)])
        lead = ""
    return found


def _stacked(sheet: Sheet, check: DerpCheck) -> None:
    """One relay under another, for terminals that have no room for columns."""
    table = rows(sheet, check)
    for column, node in enumerate(check.nodes):
        sheet.blank()
        sheet.line((sheet.dots(node.node, node.region_code), STRONG))
        sheet.paragraph(node.host_name, 2, NAME)
        for label, cells in table:
            cell = cells[column]
            lead, style = cell.lead
            spare = max(7 - len(lead) - 1, 0) if cell.room < 7 else 0
            words = f"{label.strip()}: {cell.text}" if cell.text else label.strip()
            indent = 2 + (len(lead) + 1 if cell.room < 7 else cell.room)
            sheet.paragraph(words, indent, cell.style, first=(f"  {lead}", style), spare=spare)
