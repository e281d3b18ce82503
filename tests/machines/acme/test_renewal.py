"""When certificates are renewed: in time, not all at once, never too often."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.machines.acme.renewal import (
    FIRST_PAUSE_S,
    LONGEST_ASKED_S,
    LONGEST_PAUSE_S,
    AcmeError,
    Renewal,
    Validity,
    pause_s,
    renewal_time,
)

START = datetime(2026, 1, 1, tzinfo=UTC)
JITTER = st.floats(0, 1)


def lasting(days: float) -> Validity:
    return Validity(START, START + timedelta(days=days))


@pytest.mark.parametrize(("days", "at"), [(90, 60), (45, 30), (6, 3), (365, 365 * 2 / 3)])
def test_a_third_before_the_end_or_half_of_a_short_life(days: float, at: float) -> None:
    assert renewal_time(lasting(days), 0.0) == START + timedelta(days=at)


@given(st.floats(0.01, 400), JITTER)
def test_chance_only_makes_it_earlier_and_never_by_much(days: float, jitter: float) -> None:
    validity = lasting(days)
    latest = renewal_time(validity, 0.0)
    assert latest - (validity.not_after - START) / 49 <= renewal_time(validity, jitter) <= latest


def test_pauses_double_and_stay_below_five_failures_an_hour() -> None:
    pauses = [pause_s(n, None, 0.5) for n in range(1, 12)]
    assert pauses[:4] == [300, 600, 1200, 2400]
    assert pauses[-1] == LONGEST_PAUSE_S
    within_an_hour = [sum(pause_s(n, None, 0.0) for n in range(1, tries)) for tries in range(1, 9)]
    assert sum(at <= 3600 for at in within_an_hour) == 5  # the first try among them, with the shortest jitter


@given(st.integers(1, 10_000), st.none() | st.floats(-1e6, 1e8), JITTER, st.floats(0, 1e9))
def test_a_pause_is_never_short_nor_endless(failures: int, left_s: float | None, jitter: float, asked: float) -> None:
    pause = pause_s(failures, left_s, jitter, asked)
    assert FIRST_PAUSE_S * 0.75 <= pause <= max(LONGEST_PAUSE_S * 1.25, LONGEST_ASKED_S)
    assert pause >= min(asked, LONGEST_ASKED_S)


@given(JITTER)
def test_the_end_of_a_certificate_leaves_several_tries(jitter: float) -> None:
    renewal = Renewal()
    renewal.found(lasting(6), 0.0)
    now, tries = START + timedelta(days=3), 0
    while now < START + timedelta(days=6):
        now += timedelta(seconds=renewal.failed(now, jitter))
        tries += 1
    assert tries >= 15


def test_without_a_certificate_the_first_try_is_due_at_once() -> None:
    assert Renewal().wait_s(START) == 0.0
    assert Renewal().left_s(START) is None


def test_a_certificate_waits_until_it_is_due_and_an_expired_one_does_not() -> None:
    renewal = Renewal()
    renewal.found(lasting(90), 0.0)
    assert renewal.wait_s(START) == 60 * 86400
    assert renewal.wait_s(START + timedelta(days=200)) == 0.0
    assert renewal.left_s(START + timedelta(days=91)) == -86400


def test_success_forgets_failures() -> None:
    renewal = Renewal()
    for _ in range(5):
        renewal.failed(START, 0.5)
    renewal.obtained(lasting(90), 0.0, START)
    assert renewal.failures == 0
    assert renewal.failed(START, 0.5) == 300


def test_what_is_issued_too_old_does_not_lead_to_a_hammering() -> None:
    renewal = Renewal()
    pauses = []
    now = START + timedelta(days=500)
    for _ in range(4):
        renewal.obtained(lasting(90), 0.5, now)
        pauses.append(renewal.wait_s(now))
    assert pauses == [300, 600, 1200, 2400]


def test_asking_for_a_try_ends_the_pause_after_a_failure_only() -> None:
    renewal = Renewal()
    renewal.found(lasting(90), 0.0)
    renewal.at_once()
    assert renewal.wait_s(START) > 0
    renewal.failed(START + timedelta(days=61), 0.5)
    renewal.at_once()
    assert renewal.wait_s(START + timedelta(days=61)) == 0.0


def test_only_a_refused_proof_is_worth_another_kind() -> None:
    assert AcmeError("no", problem="connection").is_about_proof
    assert not AcmeError("no", problem="rateLimited").is_about_proof
    assert not AcmeError("no").is_about_proof
