"""Problems of a file of settings or expectations as JSON, schema `natscope.config-lint/1`."""

from __future__ import annotations

from natscope.model.config_lint import ConfigLint
from natscope.plugins.report_format import CONFIG_LINT, Format, RenderOptions
from natscope_reports.report_json import as_json

FORMAT = Format(
    name="json",
    media_type="application/json",
    extension="json",
    for_terminal=False,
    summary="all problems, for programs",
    document=CONFIG_LINT,
)


def render(lint: ConfigLint, options: RenderOptions) -> str:
    """One JSON object, keys in the order of the class."""
    return as_json(lint)
