"""HTML: one file to send or keep, with the verdict, a picture of the way, what to do, and all evidence folded.

No script, no request, no style but its own: the page's security policy says so. Prints well, light and dark.
"""

from __future__ import annotations

from natscope.model.report import Report
from natscope.plugins.report_format import Format, RenderOptions
from natscope_reports._html.page import page

FORMAT = Format(
    name="html",
    media_type="text/html",
    extension="html",
    for_terminal=False,
    summary="one HTML file to send or keep",
    wants_peers=True,
)


def render(report: Report, options: RenderOptions) -> str:
    """The page."""
    return page(report, options)
