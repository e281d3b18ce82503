"""Problems of a relay map as SARIF 2.1.0."""

from __future__ import annotations

from natscope.model.map_lint import MapLint
from natscope.model.relay_map import MapProblem
from natscope.plugins.report_format import MAP_LINT, Format, RenderOptions
from natscope_reports._sarif import Row, sarif

FORMAT = Format(
    name="sarif",
    media_type="application/sarif+json",
    extension="sarif",
    for_terminal=False,
    summary="SARIF 2.1.0, for code scanning",
    document=MAP_LINT,
)


def render(lint: MapLint, options: RenderOptions) -> str:
    """One run; a rule per kind of problem."""
    return sarif(lint.source, [_row(problem) for problem in lint.problems])


def _row(problem: MapProblem) -> Row:
    fix = f" Write: {problem.fix}" if problem.fix else ""
    words = f"{problem.place}: {problem.message}{fix}"
    return Row(problem.code, problem.severity, words, problem.line, problem.column)
