"""Line 1 is the answer, then one short paragraph that says why."""

from __future__ import annotations

from natscope.model.report import Report
from natscope.model.verdict import Direct
from natscope_reports._text.ink import BAD, GOOD, LOOK, PLAIN, STRONG, Sheet, wrap


def draw(sheet: Sheet, report: Report) -> None:
    """Sign, subject, verdict word, one clause; scripts search for `Direct: ` after the sign."""
    answer(sheet, report)
    if report.verdict.explanation:
        sheet.blank()
        sheet.paragraph(report.verdict.explanation)


def answer(sheet: Sheet, report: Report, more: str = "") -> None:
    """The first line alone."""
    signs = sheet.signs
    sign, colour = {
        Direct.LIKELY: (signs.ok, GOOD),
        Direct.UNLIKELY: (signs.warn, LOOK),
        Direct.NO: (signs.fail, BAD),
    }.get(report.verdict.direct, (signs.unknown, LOOK))
    indent = len(sign) + 1
    lead = (f"{sign} ", colour)
    for row in list(wrap(sheet.clean(report.verdict.sentence + more), sheet.width - indent)) or [""]:
        sheet.line(lead, (row, STRONG))
        lead = (" " * indent, PLAIN)
