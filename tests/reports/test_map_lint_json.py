"""A lint as JSON: valid by the shipped schema, reads back the same."""

from __future__ import annotations

import json

import jsonschema  # type: ignore[import-untyped]
import msgspec

from natscope.model.map_lint import MapLint
from natscope.plugins.report_format import RenderOptions
from natscope_reports._schema import MAP_LINT, text
from natscope_reports.map_lint_json import render
from tests.reports.map_lints import CLEAN, MIXED, hostile
from tests.reports.test_format_contract import dangerous_in


def test_the_shipped_schema_is_generated_from_the_model() -> None:
    assert MAP_LINT.file.read_text(encoding="utf-8") == text(MAP_LINT), "run: python -m natscope_reports._schema"


def test_it_is_valid_and_reads_back() -> None:
    validator = jsonschema.Draft202012Validator(json.loads(text(MAP_LINT)))
    for lint in (CLEAN, MIXED, hostile("\x1b[31m\u202e")):
        printed = render(lint, RenderOptions())
        validator.validate(json.loads(printed))
        assert msgspec.json.decode(printed, type=MapLint) == lint
        assert dangerous_in(printed) == set()
