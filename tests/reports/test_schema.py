"""The shipped JSON Schema is the model's, is a sound document, and describes what the JSON format prints."""

from __future__ import annotations

import json
from importlib import resources

import jsonschema  # type: ignore[import-untyped]
import pytest

from natscope.plugins.report_format import RenderOptions
from natscope_reports import report_json
from natscope_reports._schema import REPORT, build, text
from tests.reports.drawing import scene
from tests.reports.scenes import names

FILE = REPORT.file
SCHEMA = json.loads(FILE.read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def test_the_shipped_file_is_generated_from_the_model() -> None:
    assert FILE.read_text(encoding="utf-8") == text(), "run: python -m natscope_reports._schema"


def test_it_is_a_document_of_the_dialect() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$id"] == REPORT.id == "urn:natscope:schema:natscope.report:1"
    assert SCHEMA["title"] == "natscope.report/1"
    assert build()["$defs"]["Report"]["properties"]["schema"] == {"const": "natscope.report/1"}


def test_every_definition_is_described() -> None:
    assert [name for name, part in SCHEMA["$defs"].items() if not part.get("description")] == []


def test_it_ships_with_the_package() -> None:
    shipped = resources.files("natscope_reports") / "schema" / FILE.name
    assert json.loads(shipped.read_text(encoding="utf-8")) == SCHEMA


@pytest.mark.parametrize("name", names())
def test_what_is_printed_is_valid(name: str) -> None:
    VALIDATOR.validate(json.loads(report_json.render(scene(name), RenderOptions())))


@pytest.mark.parametrize(
    ("place", "value"), [("schema", "natscope.report/2"), ("udp", "maybe"), ("relays", {}), ("duration_ms", "1")]
)
def test_what_is_wrong_is_refused(place: str, value: object) -> None:
    document = json.loads(report_json.render(scene("healthy"), RenderOptions()))
    document[place] = value
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate(document)


def test_a_missing_key_is_refused_and_a_new_one_is_not() -> None:
    document = json.loads(report_json.render(scene("healthy"), RenderOptions()))
    VALIDATOR.validate(document | {"added_later": 1})
    del document["verdict"]
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate(document)
