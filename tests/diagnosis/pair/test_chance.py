"""The formulas against the numbers that the field quotes."""

from __future__ import annotations

import pytest

from natscope.diagnosis.pair.chance import one_hard_side, probes_for, seconds_for, two_hard_sides


@pytest.mark.parametrize(("probes", "percent"), [(174, 49.3), (256, 63.2), (512, 86.5), (1024, 98.2), (2048, 99.97)])
def test_one_hard_side(probes: int, percent: float) -> None:
    assert one_hard_side(probes, 256) * 100 == pytest.approx(percent, abs=0.1)


@pytest.mark.parametrize(
    ("combinations", "percent"), [(2048, 0.1), (16_384, 6.0), (54_000, 49.0), (65_536, 63.2), (170_000, 99.9)]
)
def test_two_hard_sides(combinations: int, percent: float) -> None:
    assert two_hard_sides(combinations) * 100 == pytest.approx(percent, abs=0.4)


def test_the_shortest_and_the_longest() -> None:
    assert one_hard_side(0) == two_hard_sides(0) == 0.0
    assert one_hard_side(1, 65535) == 1.0
    assert seconds_for(2048) == pytest.approx(20.5, abs=0.1)


@pytest.mark.parametrize("chance", [0.0, 0.5, 0.98, 0.9999])
def test_probes_for_a_chance_are_enough_and_no_more(chance: float) -> None:
    probes = probes_for(chance)
    assert one_hard_side(probes) >= chance
    assert probes == 0 or one_hard_side(probes - 1) < chance


@pytest.mark.parametrize("chance", [1.0, -0.1, float("nan")])
def test_certainty_takes_for_ever(chance: float) -> None:
    with pytest.raises(ValueError, match="below 1"):
        probes_for(chance)
