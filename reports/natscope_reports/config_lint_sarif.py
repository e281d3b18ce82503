"""Problems of a file of settings or expectations as SARIF 2.1.0."""

from __future__ import annotations

from natscope.model.config_lint import ConfigLint
from natscope.plugins.report_format import CONFIG_LINT, Format, RenderOptions
from natscope_reports._sarif import Row, sarif
from natscope_reports.config_lint_github import words_of

FORMAT = Format(
    name="sarif",
    media_type="application/sarif+json",
    extension="sarif",
    for_terminal=False,
    summary="SARIF 2.1.0, for code scanning",
    document=CONFIG_LINT,
)


def render(lint: ConfigLint, options: RenderOptions) -> str:
    """One run; a rule per kind of problem."""
    rows = [Row(each.code, each.severity, words_of(each), each.line, each.column) for each in lint.problems]
    return sarif(lint.source, rows)
