"""The whole page, in order: the answer first, the next command last."""

from __future__ import annotations

from natscope.model.report import Report
from natscope.plugins.report_format import RenderOptions
from natscope_reports._text import (
    addresses,
    evidence,
    findings,
    footer,
    interrupted,
    names,
    nat,
    not_measured,
    path,
    relays,
    surroundings,
    verdict,
    way,
    web,
)
from natscope_reports._text.ink import Sheet


def draw(report: Report, options: RenderOptions) -> str:
    """All sections as text; `-q` is the answer alone, an interrupted run is told shortly."""
    sheet = Sheet(options)
    if options.verbosity < 0:
        verdict.answer(sheet, report)
    elif report.interrupted and not sheet.verbose:
        interrupted.draw(sheet, report)
    else:
        for part in (verdict, path, findings, surroundings, addresses, names, web, nat, way, relays, not_measured):
            part.draw(sheet, report)
        if sheet.verbose:
            evidence.draw(sheet, report)
        footer.draw(sheet, report)
    return sheet.render()
