"""Problems of a file of settings or expectations as frames."""

from __future__ import annotations

from collections.abc import Sequence

from natscope.cli.frames import Framed, FrameStyle, counted, draw_frame, last_line
from natscope.model.config_lint import ConfigLint, ConfigProblem

KINDS = {
    "settings": "settings of natscope",
    "project": "settings in a project",
    "relay": "settings of a relay",
    "policy": "a policy",
}


def draw_lint(lint: ConfigLint, lines: Sequence[str], code: int, style: FrameStyle) -> str:
    """One frame for each problem, a blank line after each; the last line tells counts, kind and exit code."""
    frames = ("\n".join(draw_frame(_framed(problem), lint.source, lines, style)) for problem in lint.problems)
    errors = sum(problem.severity == "error" for problem in lint.problems)
    parts = [counted(lint.problems, errors), KINDS.get(lint.kind, lint.kind), f"exit {code}"]
    return "".join(f"{frame}\n\n" for frame in frames) + last_line([part for part in parts if part], style) + "\n"


def _framed(problem: ConfigProblem) -> Framed:
    return Framed(
        severity=problem.severity,
        subject=problem.place or problem.code.replace("-", " "),
        right="",
        code=problem.code,
        place=problem.place,
        message=problem.message,
        foot=problem.hint,
        foot_wraps=True,
        line=problem.line,
        column=problem.column,
    )
