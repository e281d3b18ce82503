"""A check of a policy as JUnit XML: a test case per expectation; what is inconclusive is skipped, with its reason."""

from __future__ import annotations

from natscope.model.policy_check import ExpectationResult, PolicyCheck, Result
from natscope.plugins.report_format import POLICY_CHECK, Format, RenderOptions
from natscope_reports._cases import Case, State
from natscope_reports.junit import document

FORMAT = Format(
    name="junit",
    media_type="application/xml",
    extension="xml",
    for_terminal=False,
    summary="JUnit XML, for CI servers: a test case per expectation",
    document=POLICY_CHECK,
)
_STATES = {Result.PASSED: State.PASSED, Result.FAILED: State.FAILED}


def render(check: PolicyCheck, options: RenderOptions) -> str:
    """One suite."""
    return document("natscope check", [_case(each) for each in check.expectations], check.started_at)


def _case(each: ExpectationResult) -> Case:
    state = _STATES.get(each.result, State.SKIPPED)
    seen = each.value or "unknown"
    message = f"expected {each.expected}, seen {seen}{f': {each.reason}' if each.reason else ''}"
    details = f"runs: {', '.join(each.seen)}" if len(each.seen) > 1 else ""
    return Case("policy", each.name, state, message, details, "expectation")
