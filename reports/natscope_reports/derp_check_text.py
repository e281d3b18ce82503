"""A check of relays for people: the answer, each relay step by step, what is wrong and how to mend it."""

from __future__ import annotations

from natscope.model.derp_check import DerpCheck
from natscope.plugins.report_format import DERP_CHECK, Format, RenderOptions
from natscope_reports._derp_check import page

FORMAT = Format(
    name="text",
    media_type="text/plain",
    extension="txt",
    for_terminal=True,
    summary="for people, 80 columns",
    document=DERP_CHECK,
)


def render(check: DerpCheck, options: RenderOptions) -> str:
    """The page; `-q` the first line, `-v` with what every address showed."""
    return page.draw(check, options)
