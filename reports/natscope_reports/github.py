"""Annotations of a GitHub Actions job: a line per finding that the runner shows above the log.

`--format md` is the form for $GITHUB_STEP_SUMMARY. Source: GitHub Actions, "Workflow commands".
"""

from __future__ import annotations

from natscope.model.finding import Finding, Severity
from natscope.model.relay_map import MapProblem
from natscope.model.report import Report
from natscope.model.verdict import Direct
from natscope.plugins.clean import clean
from natscope.plugins.report_format import Format, RenderOptions

FORMAT = Format(
    name="github",
    media_type="text/plain",
    extension="txt",
    for_terminal=False,
    summary="annotations for GitHub Actions",
)
_COMMANDS = {Severity.FAIL: "error", Severity.WARN: "warning"}
_VERDICTS = {Direct.LIKELY: "notice", Direct.UNLIKELY: "warning", Direct.NO: "error"}


def render(report: Report, options: RenderOptions) -> str:
    """The verdict first; problems of a map file point into it."""
    verdict = report.verdict
    lines = [line(_VERDICTS.get(verdict.direct, "warning"), "natscope", verdict.sentence, {})]
    lines += [_finding(finding) for finding in report.findings]
    if report.relay_map.kind == "file":
        lines += [problem_line(problem, report.relay_map.source) for problem in report.relay_map.problems]
    return "\n".join(lines) + "\n"


def _finding(finding: Finding) -> str:
    todo = f" To do: {finding.fixes[0].do} ({finding.fixes[0].who})" if finding.fixes else ""
    words = f"{finding.title} {finding.detail}".strip() + todo
    title = f"{finding.id}, {finding.certainty}"
    return line(_COMMANDS.get(finding.severity, "notice"), title, words, {})


def problem_line(problem: MapProblem, file: str) -> str:
    """One problem of a relay map, pointing into its file."""
    fix = f" Write: {problem.fix}" if problem.fix else ""
    words = f"{problem.place}: {problem.message}{fix}"
    return problem_at(problem.severity, problem.code, words, file, problem.line, problem.column)


def problem_at(severity: str, code: str, words: str, file: str, at_line: int, column: int) -> str:
    """One problem of a file; `at_line` 0: not known where."""
    where = {"file": file}
    if at_line:
        where |= {"line": str(at_line), "col": str(column or 1)}
    return line("error" if severity == "error" else "warning", code, words, where)


def line(command: str, title: str, words: str, where: dict[str, str]) -> str:
    """One command; `where` has `file`, `line` and `col`."""
    properties = ",".join(f"{name}={_property(value)}" for name, value in (where | {"title": title}).items())
    return f"::{command} {properties}::{_data(words)}"


def _data(text: str) -> str:
    """`clean` leaves no line break; a percent sign would begin an escape."""
    return clean(text).replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
