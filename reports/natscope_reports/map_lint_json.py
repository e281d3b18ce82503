"""Problems of a relay map as JSON, schema `natscope.derp-map-lint/1`."""

from __future__ import annotations

from natscope.model.map_lint import MapLint
from natscope.plugins.report_format import MAP_LINT, Format, RenderOptions
from natscope_reports.report_json import as_json

FORMAT = Format(
    name="json",
    media_type="application/json",
    extension="json",
    for_terminal=False,
    summary="all problems, for programs",
    document=MAP_LINT,
)


def render(lint: MapLint, options: RenderOptions) -> str:
    """One JSON object, keys in the order of the class."""
    return as_json(lint)
