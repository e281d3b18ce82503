"""The `Date` header against a clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from hypothesis import given
from hypothesis import strategies as st

from natscope.wire.http_date import clock_offset_s

NOW = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)


def test_known_answers() -> None:
    assert clock_offset_s("Tue, 24 Nov 2026 12:01:00 GMT", NOW) == 60.0
    assert clock_offset_s("Tue, 24 Nov 2026 11:59:00 GMT", NOW) == -60.0
    assert clock_offset_s("Tue, 24 Nov 2026 12:01:00", NOW) is None
    assert clock_offset_s("", NOW) is None


@given(st.integers(-(10**9), 10**9))
def test_round_trip(seconds: int) -> None:
    assert clock_offset_s(format_datetime(NOW + timedelta(seconds=seconds), usegmt=True), NOW) == seconds


@given(st.text(max_size=80))
def test_whatever_stands_there(text: str) -> None:
    clock_offset_s(text, NOW)


def test_cut_at_every_place() -> None:
    whole = "Tue, 24 Nov 2026 12:01:00 GMT"
    for length in range(len(whole)):
        clock_offset_s(whole[:length], NOW)
