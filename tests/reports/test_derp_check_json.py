"""A check as JSON: the document as it is, valid by the shipped schema, safe to look at."""

from __future__ import annotations

import json

import jsonschema  # type: ignore[import-untyped]
import msgspec
import pytest

from natscope.model.derp_check import DerpCheck
from natscope.plugins.report_format import RenderOptions
from natscope_reports import derp_check_json
from natscope_reports._schema import DERP_CHECK, text
from tests.reports.derp_check_scenes import load, names

VALIDATOR = jsonschema.Draft202012Validator(json.loads(DERP_CHECK.file.read_text(encoding="utf-8")))


def test_the_shipped_schema_is_generated_from_the_model() -> None:
    assert DERP_CHECK.file.read_text(encoding="utf-8") == text(DERP_CHECK), "run: python -m natscope_reports._schema"
    jsonschema.Draft202012Validator.check_schema(json.loads(text(DERP_CHECK)))


@pytest.mark.parametrize("name", names())
def test_a_check_is_valid_and_reads_back_the_same(name: str) -> None:
    check = load(name)
    printed = derp_check_json.render(check, RenderOptions())
    VALIDATOR.validate(json.loads(printed))
    assert msgspec.json.decode(printed, type=DerpCheck) == check


def test_another_schema_or_state_is_refused() -> None:
    document = json.loads(derp_check_json.render(load("healthy"), RenderOptions()))
    for place, value in (("schema", "natscope.derp-check/2"), ("verdict", {}), ("nodes", [{}])):
        with pytest.raises(jsonschema.ValidationError):
            VALIDATOR.validate({**document, place: value})


def test_what_a_terminal_would_obey_is_an_escape() -> None:
    check = msgspec.structs.replace(load("healthy"), natscope="\x9b31m\u202e")
    printed = derp_check_json.render(check, RenderOptions())
    assert r"\u009b31m\u202e" in printed
    assert json.loads(printed)["natscope"] == "\x9b31m\u202e"
