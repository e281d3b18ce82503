"""A check of relays as JSON: everything, in the order of the model, schema `natscope.derp-check/1`.

Written as the report is: characters that a terminal would obey or hide are JSON escapes.
"""

from __future__ import annotations

from natscope.model.derp_check import DerpCheck
from natscope.plugins.report_format import DERP_CHECK, Format, RenderOptions
from natscope_reports.report_json import as_json

FORMAT = Format(
    name="json",
    media_type="application/json",
    extension="json",
    for_terminal=False,
    summary="everything that was checked, schema natscope.derp-check/1",
    document=DERP_CHECK,
)


def render(check: DerpCheck, options: RenderOptions) -> str:
    """One JSON object, indented by two spaces, with a newline at the end."""
    return as_json(check)
