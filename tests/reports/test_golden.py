"""Every stored report in every format is what was agreed on, byte for byte."""

from __future__ import annotations

import pytest

from natscope.plugins.report_format import RenderOptions
from natscope_reports import report_json
from tests.reports.goldens import GOLDEN, drawn
from tests.reports.scenes import SCENES, STORED, load, names, stored_text

DRAWN = drawn()


@pytest.mark.parametrize("name", DRAWN)
def test_golden(name: str) -> None:
    assert (GOLDEN / name).read_text(encoding="utf-8") == DRAWN[name]


def test_no_golden_is_left_over() -> None:
    kept = sorted(str(path.relative_to(GOLDEN)) for path in GOLDEN.rglob("*") if path.is_file())
    assert kept == sorted(DRAWN)


@pytest.mark.parametrize("name", names())
def test_the_json_format_gives_the_stored_file(name: str) -> None:
    stored = (STORED / f"{name}.json").read_text(encoding="utf-8")
    assert report_json.render(load(name), RenderOptions()) == stored


@pytest.mark.parametrize("name", SCENES)
def test_the_stored_reports_are_up_to_date(name: str) -> None:
    stored = (STORED / f"{name}.json").read_text(encoding="utf-8")
    assert stored_text(name) == stored, "run: python -m tests.reports.scenes"


def test_every_stored_report_has_its_scene() -> None:
    assert names() == sorted(SCENES)
