"""A check of a policy as JSON: valid by the shipped schema, and reads back the same."""

from __future__ import annotations

import json

import jsonschema  # type: ignore[import-untyped]
import msgspec

from natscope.model.policy_check import PolicyCheck
from natscope.plugins.report_format import RenderOptions
from natscope_reports._schema import POLICY_CHECK, text
from natscope_reports.policy_check_json import render
from tests.reports.policy_checks import GOOD, MIXED, hostile
from tests.reports.test_format_contract import dangerous_in


def test_the_shipped_schema_is_generated_from_the_model() -> None:
    assert POLICY_CHECK.file.read_text(encoding="utf-8") == text(POLICY_CHECK), (
        "run: python -m natscope_reports._schema"
    )


def test_it_is_valid_and_reads_back() -> None:
    validator = jsonschema.Draft202012Validator(json.loads(text(POLICY_CHECK)))
    for check in (GOOD, MIXED, hostile("\x1b[31m\u202e")):
        printed = render(check, RenderOptions())
        validator.validate(json.loads(printed))
        assert msgspec.json.decode(printed, type=PolicyCheck) == check
        assert dangerous_in(printed) == set()
