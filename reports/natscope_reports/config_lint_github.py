"""Problems of a file of settings or expectations as annotations of a GitHub Actions job, on their lines."""

from __future__ import annotations

from natscope.model.config_lint import ConfigLint, ConfigProblem
from natscope.plugins.report_format import CONFIG_LINT, Format, RenderOptions
from natscope_reports.github import line, problem_at

FORMAT = Format(
    name="github",
    media_type="text/plain",
    extension="txt",
    for_terminal=False,
    summary="annotations for GitHub Actions",
    document=CONFIG_LINT,
)


def render(lint: ConfigLint, options: RenderOptions) -> str:
    """Each problem; without any one notice."""
    if not lint.problems:
        return line("notice", lint.kind, f"{lint.source}: nothing is wrong.", {}) + "\n"
    lines = (
        problem_at(each.severity, each.code, words_of(each), lint.source, each.line, each.column)
        for each in lint.problems
    )
    return "\n".join(lines) + "\n"


def words_of(problem: ConfigProblem) -> str:
    """The key where the message does not begin with it, the message, what would do."""
    key = "" if not problem.place or problem.place in problem.message else f"{problem.place}: "
    hint = f" ({problem.hint})" if problem.hint else ""
    return f"{key}{problem.message}{hint}"
