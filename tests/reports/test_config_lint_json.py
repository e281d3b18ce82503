"""Problems of a file of settings as JSON: valid, and read back as they were."""

from __future__ import annotations

import json

import jsonschema  # type: ignore[import-untyped]
import msgspec

from natscope.model.config_lint import ConfigLint
from natscope.plugins.report_format import RenderOptions
from natscope_reports._schema import CONFIG_LINT, text
from natscope_reports.config_lint_json import render
from tests.reports.config_lints import CLEAN, MIXED, hostile
from tests.reports.test_format_contract import dangerous_in


def test_the_shipped_schema_is_generated() -> None:
    assert CONFIG_LINT.file.read_text(encoding="utf-8") == text(CONFIG_LINT), "run: python -m natscope_reports._schema"


def test_it_is_valid_and_reads_back() -> None:
    validator = jsonschema.Draft202012Validator(json.loads(text(CONFIG_LINT)))
    for lint in (CLEAN, MIXED, hostile("\x1b[31m\u202e")):
        printed = render(lint, RenderOptions())
        validator.validate(json.loads(printed))
        assert msgspec.json.decode(printed, type=ConfigLint) == lint
        assert dangerous_in(printed) == set()
