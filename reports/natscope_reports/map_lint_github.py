"""Problems of a relay map as annotations of a GitHub Actions job, on the lines of the map."""

from __future__ import annotations

from natscope.model.map_lint import MapLint
from natscope.plugins.report_format import MAP_LINT, Format, RenderOptions
from natscope_reports.github import line, problem_line

FORMAT = Format(
    name="github",
    media_type="text/plain",
    extension="txt",
    for_terminal=False,
    summary="annotations for GitHub Actions",
    document=MAP_LINT,
)


def render(lint: MapLint, options: RenderOptions) -> str:
    """Each problem; without any one notice."""
    if not lint.problems:
        words = f"{lint.source}: nothing is wrong, {lint.regions.usable} of {lint.regions.total} regions can be used."
        return line("notice", "relay map", words, {}) + "\n"
    return "\n".join(problem_line(problem, lint.source) for problem in lint.problems) + "\n"
