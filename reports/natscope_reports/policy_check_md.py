"""A check of a policy as Markdown, for a job's summary."""

from __future__ import annotations

from natscope.model.policy_check import ExpectationResult, PolicyCheck, Result
from natscope.plugins.report_format import POLICY_CHECK, Format, RenderOptions
from natscope_reports._markdown import code, plain, row

FORMAT = Format(
    name="md",
    media_type="text/markdown",
    extension="md",
    for_terminal=False,
    summary="Markdown for a job's summary",
    document=POLICY_CHECK,
)
_SIGNS = {Result.PASSED: "✓", Result.FAILED: "✗", Result.INCONCLUSIVE: "?"}


def render(check: PolicyCheck, options: RenderOptions) -> str:
    """The answer and a table."""
    lines = [f"## {_SIGNS.get(check.result, '?')} {plain(check.sentence)}", ""]
    lines += [row(("", "Expectation", "Expected", "Seen", "Why")), row(["---"] * 5)]
    lines += [_row(each) for each in check.expectations]
    runs = f"{check.runs} run{'s' if check.runs > 1 else ''}"
    lines += ["", f"<sub>{runs} · natscope {plain(check.natscope)} · {plain(check.started_at)}</sub>"]
    return "\n".join(lines) + "\n"


def _row(each: ExpectationResult) -> str:
    cells = (code(each.name), code(each.expected), code(each.value) if each.value else "unknown", plain(each.reason))
    return row((_SIGNS.get(each.result, "?"), *cells))
