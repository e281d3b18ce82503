"""The JSON format: everything, readable back, safe to look at."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.model.report import Report
from natscope.plugins.report_format import RenderOptions
from natscope.redact.report import redact
from natscope_reports.report_json import escape, render
from tests.reports.drawing import scene
from tests.reports.scenes import names


@pytest.mark.parametrize("name", names())
def test_reading_it_gives_the_report_back(name: str) -> None:
    report = scene(name)
    assert msgspec.json.decode(render(report, RenderOptions()), type=Report) == report


def test_keys_stand_in_the_order_of_the_model() -> None:
    keys, report = list(Report.__struct_fields__), scene("healthy")
    assert list(json.loads(render(redact(report), RenderOptions()))) == keys
    plain = [key for key in keys if key != "masked"]
    assert list(json.loads(render(report, RenderOptions()))) == plain, "not there where nothing is masked"


def test_names_that_are_no_text_become_visible_escapes() -> None:
    report = scene("healthy")
    host = msgspec.structs.replace(report.host, name="bad \udc80")
    drawn = render(msgspec.structs.replace(report, host=host), RenderOptions())
    assert json.loads(drawn)["host"]["name"] == "bad \\udc80"


def test_numbers_that_are_none_are_null() -> None:
    assert json.loads(render(scene("healthy", duration_ms=float("nan")), RenderOptions()))["duration_ms"] is None


@given(st.text())
def test_escaping_changes_the_bytes_and_not_the_value(text: str) -> None:
    encoded = json.dumps(text, ensure_ascii=False)
    assert json.loads(escape(encoded)) == text


def test_what_is_escaped() -> None:
    assert escape('"\u202e\x9b\u200b\U000e0041ü"') == '"\\u202e\\u009b\\u200b\\udb40\\udc41ü"'
    assert escape('"a"\n') == '"a"\n'
