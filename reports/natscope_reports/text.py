"""The terminal report: the answer, what to do, addresses, router, relays, what was not measured.

Colour only stands on a sign, a word or a name, so nothing is lost without it. rich is imported when colours are drawn,
not before.
"""

from __future__ import annotations

from natscope.model.report import Report
from natscope.plugins.report_format import Format, RenderOptions
from natscope_reports._text import page

FORMAT = Format(
    name="text",
    media_type="text/plain",
    extension="txt",
    for_terminal=True,
    summary="for people, 80 columns",
)


def render(report: Report, options: RenderOptions) -> str:
    """The page; `-q` the first line, `-v` everything, `-vv` with raw data."""
    return page.draw(report, options)
