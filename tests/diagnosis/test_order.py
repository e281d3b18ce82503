"""Ids with numbers in a natural order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from natscope.diagnosis.order import natural


def test_numbers_count_as_numbers() -> None:
    assert sorted(["o10", "o9", "p1", "o1"], key=natural) == ["o1", "o9", "o10", "p1"]


@given(st.lists(st.text(max_size=30), unique=True))
def test_any_ids_can_be_sorted_and_the_order_is_total(names: list[str]) -> None:
    ordered = sorted(names, key=natural)
    names.reverse()
    assert sorted(names, key=natural) == ordered


def test_a_very_long_number_is_no_trouble() -> None:
    assert sorted(["o" + "9" * 5000, "o1"], key=natural) == ["o1", "o" + "9" * 5000]
