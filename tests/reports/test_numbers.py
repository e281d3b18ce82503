"""Numbers as people read them."""

from __future__ import annotations

import pytest

from natscope_reports._text.numbers import age, counted, milliseconds, seconds, size


@pytest.mark.parametrize(
    ("drawn", "expected"),
    [
        (milliseconds(9.84), "9.8 ms"),
        (milliseconds(1234.5), "1,234.5 ms"),
        (milliseconds(0), "0.0 ms"),
        (milliseconds(float("nan")), "unknown"),
        (seconds(912), "0.9 s"),
        (seconds(31), "0.03 s"),
        (size(640), "640 B"),
        (size(11_300), "11 kB"),
        (size(1_250_000), "1.2 MB"),
        (age(40), "40 s"),
        (age(1100), "18 min"),
        (age(7300), "2 h"),
        (age(260_000), "3 d"),
        (counted(1, "problem"), "1 problem"),
        (counted(1200, "problem"), "1,200 problems"),
    ],
)
def test_numbers(drawn: str, expected: str) -> None:
    assert drawn == expected
