"""A check of a policy as annotations of a GitHub Actions job, on the lines of the policy's file."""

from __future__ import annotations

from natscope.model.policy_check import ExpectationResult, PolicyCheck, Result
from natscope.plugins.report_format import POLICY_CHECK, Format, RenderOptions
from natscope_reports.github import line

FORMAT = Format(
    name="github",
    media_type="text/plain",
    extension="txt",
    for_terminal=False,
    summary="annotations for GitHub Actions",
    document=POLICY_CHECK,
)
_COMMANDS = {Result.PASSED: "notice", Result.FAILED: "error"}


def render(check: PolicyCheck, options: RenderOptions) -> str:
    """The answer, then each expectation that did not pass."""
    lines = [line(_COMMANDS.get(check.result, "warning"), "natscope check", check.sentence, {})]
    lines += [_one(check, each) for each in check.expectations if each.result is not Result.PASSED]
    return "\n".join(lines) + "\n"


def _one(check: PolicyCheck, each: ExpectationResult) -> str:
    where = {"file": check.policy, **({"line": str(each.line)} if each.line else {})}
    words = f"expected {each.expected}, seen {each.value or 'unknown'}{f': {each.reason}' if each.reason else ''}"
    return line(_COMMANDS.get(each.result, "warning"), each.name, words, where)
