"""What is not known and why: falsified by a finding, or not measured, with the flag that would measure it."""

from __future__ import annotations

from itertools import zip_longest

from natscope.model.report import Report
from natscope_reports._text.ink import FAINT, PLAIN, Sheet, wrap

WHAT_MAX = 34


def draw(sheet: Sheet, report: Report) -> None:
    """Two lists, each only when it has lines."""
    for finding in report.findings:
        if finding.hides:
            sheet.heading(f"Could not be judged because of {finding.id}")
            for what in finding.hides:
                sheet.paragraph(what, 4, first=(f"  {sheet.signs.skip} ", FAINT))
    entries = [(n.what, f"{n.reason}: {n.flag}" if n.flag else n.reason) for n in report.not_measured]
    if not entries:
        return
    sheet.heading("Not measured")
    column = min(max(sheet.cells(what) for what, _ in entries), WHAT_MAX) + 2
    for what, reason in entries:
        _entry(sheet, what, reason, column)


def _entry(sheet: Sheet, what: str, reason: str, column: int) -> None:
    """Two columns, each wrapped under itself; the reason below on narrow pages."""
    lead = (f"  {sheet.signs.skip} ", FAINT)
    rest = sheet.prose - 4 - column
    if rest < 20:
        sheet.paragraph(what, 4, first=lead)
        sheet.paragraph(reason, 6, FAINT)
        return
    left, right = wrap(sheet.clean(what), column - 2), wrap(sheet.clean(reason), rest)
    for what_line, reason_line in zip_longest(left, right, fillvalue=""):
        sheet.line(lead, (sheet.fit(what_line, column), PLAIN), (reason_line, FAINT))
        lead = (" " * 4, PLAIN)
