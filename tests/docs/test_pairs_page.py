"""The page on pairs: its table is the engine's, its chances come from the formulas."""

from __future__ import annotations

from pathlib import Path

from natscope.diagnosis.pair.chance import one_hard_side, two_hard_sides
from natscope.diagnosis.pair.classes import Klass
from natscope.diagnosis.pair.matrix import MATRIX, Grade

PAGE = (Path(__file__).parents[2] / "docs" / "pairs.md").read_text(encoding="utf-8")
WRITTEN = {"D¹": Grade.D1, "D²": Grade.D2, "G⁺": Grade.G_PLUS}


def test_the_table_is_the_engines() -> None:
    lines = [line.strip("|").split("|") for line in PAGE.splitlines() if line.startswith("| **")]
    rows = {Klass(cells[0].strip(" *")): [cell.strip() for cell in cells[1:]] for cells in lines}
    assert set(rows) == set(Klass)
    told = {
        (a, b): WRITTEN.get(cell) or Grade(cell) for a, row in rows.items() for b, cell in zip(rows, row, strict=True)
    }
    assert told == MATRIX


def test_the_chances_are_the_formulas() -> None:
    for probes, words in ((512, "512 packets give 86.5 %"), (1024, "1,024 give 98.2 %")):
        assert words in PAGE
        assert f"{one_hard_side(probes, 256) * 100:.1f} %" in words
    assert "54,000 for 49 %" in PAGE
    assert round(two_hard_sides(54_000) * 100) == 49
