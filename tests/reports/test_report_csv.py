"""CSV: every row has all columns, and no cell is a formula to a spreadsheet."""

from __future__ import annotations

import csv
import io

import pytest

from natscope.plugins.report_format import RenderOptions
from natscope_reports.report_csv import COLUMNS, render
from tests.reports.drawing import scene
from tests.reports.scenes import names
from tests.reports.test_format_contract import with_texts


def rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


@pytest.mark.parametrize("name", names())
def test_every_row_has_all_columns(name: str) -> None:
    found = rows(render(scene(name), RenderOptions()))
    assert tuple(found[0]) == COLUMNS
    assert all(len(row) == len(COLUMNS) for row in found)


def test_findings_and_measures_are_there() -> None:
    found = rows(render(scene("udp-blocked"), RenderOptions()))
    assert ["verdict", "direct", "", "no", ""] in [row[2:] for row in found]
    assert any(row[3] == "NS-UDP-01" and row[4] == "fail" for row in found)
    assert any(row[3] == "natscope_relay_latency_seconds" and float(row[5]) > 0 for row in found)


@pytest.mark.parametrize("attack", ["=HYPERLINK(1)", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", '"=1'])
def test_no_cell_is_a_formula(attack: str) -> None:
    for row in rows(render(with_texts(scene("udp-blocked"), lambda _: attack), RenderOptions())):
        assert not any(cell.startswith(("=", "+", "@", "\t", "\r", "-2")) for cell in row), row
