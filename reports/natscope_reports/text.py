"""The terminal report: the answer, what to do, addresses, router, relays, what was not measured.

Colour only stands on a sign and a word, so nothing is lost without it. rich is imported when a page is drawn,
not before.
"""

from __future__ import annotations

from natscope.model.report import Report
from natscope.plugins.report_format import Format, RenderOptions

FORMAT = Format(
    name="text",
    media_type="text/plain",
    extension="txt",
    for_terminal=True,
    summary="for people, 80 columns",
)


def render(report: Report, options: RenderOptions) -> str:
    """The page; `-q` the first line, `-v` everything, `-vv` with raw data."""
    from natscope_reports._text import page  # rich costs 40 ms of CPU: only those who draw pay it

    return page.draw(report, options)
