"""The text of metrics: numbers that have no digits, labels that need escapes."""

from __future__ import annotations

import math

import pytest

from natscope.web.metrics import GAUGE, Family, labels, prometheus_text


@pytest.mark.parametrize(
    ("value", "written"),
    [(1.0, "1"), (0.5, "0.5"), (-3, "-3"), (math.nan, "NaN"), (math.inf, "+Inf"), (-math.inf, "-Inf"), (True, "1")],
)
def test_numbers(value: float, written: str) -> None:
    text = prometheus_text([Family("a", GAUGE, "Words.", {"": value})])
    assert text == f"# HELP a Words.\n# TYPE a gauge\na {written}\n"


def test_labels_are_escaped() -> None:
    assert labels({}) == ""
    assert labels({"a": 'x"y', "b": "back\\slash", "c": "two\nlines"}) == r'{a="x\"y",b="back\\slash",c="two\nlines"}'
