"""Pauses grow with the square of the failures, are cut at five seconds, and are never the same for everybody."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.machines.backoff import HELD_S, LONGEST_S, LONGEST_TOLD_S, Backoff


def test_the_known_pauses() -> None:
    backoff = Backoff()
    pauses = [backoff.next_s(0.0) for _ in range(30)]
    assert pauses[:4] == pytest.approx([0.01, 0.04, 0.09, 0.16])
    assert pauses[22:] == [LONGEST_S] * 8
    assert Backoff(longest_s=0.02).next_s(1.0) == pytest.approx(0.005)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60))
def test_jitter_takes_up_to_half_away(jitters: list[float]) -> None:
    backoff = Backoff()
    for number, jitter in enumerate(jitters, start=1):
        full = min(LONGEST_S, 0.01 * number**2)
        assert full / 2 <= backoff.next_s(jitter) <= full


def test_only_a_connection_that_held_starts_again() -> None:
    backoff = Backoff()
    for _ in range(5):
        backoff.next_s(0)
        backoff.held(HELD_S / 2)
    assert backoff.failures == 5
    backoff.held(HELD_S)
    assert backoff.next_s(0.0) == pytest.approx(0.01)


def test_a_relay_may_say_when_to_come_back_within_reason() -> None:
    backoff = Backoff()
    backoff.told(3.0)
    assert backoff.next_s(0.5) == 3.0
    assert backoff.next_s(0.0) == pytest.approx(0.04)
    backoff.told(4_000_000.0)
    assert backoff.next_s(0.0) == LONGEST_TOLD_S
    backoff.told(-1)
    assert backoff.next_s(0.0) == pytest.approx(0.16)
