"""A check of a policy as JSON: everything, schema `natscope.check/1`."""

from __future__ import annotations

from natscope.model.policy_check import PolicyCheck
from natscope.plugins.report_format import POLICY_CHECK, Format, RenderOptions
from natscope_reports.report_json import as_json

FORMAT = Format(
    name="json",
    media_type="application/json",
    extension="json",
    for_terminal=False,
    summary="everything, for programs",
    document=POLICY_CHECK,
)


def render(check: PolicyCheck, options: RenderOptions) -> str:
    """One JSON object, keys in the order of the class."""
    return as_json(check)
