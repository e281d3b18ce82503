"""When to send again, and when to renew."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.machines.portmap_client.timing import (
    HASTY,
    NAT_PMP,
    PATIENT,
    PATIENT_SEARCH,
    PCP,
    Retransmission,
    renew_after_s,
    took_s,
    twin_until,
)
from natscope.machines.portmap_client.values import MAX_LEASE_S


def waits(rule: Retransmission) -> list[float]:
    return [rule.wait_s(tries) for tries in range(1, rule.tries + 1)]


def test_the_times_of_the_standards() -> None:
    assert waits(NAT_PMP) == [0.25, 0.5, 1, 2, 4, 8, 16, 32, 64]
    assert sum(waits(NAT_PMP)[:-1]) < 64
    assert waits(PCP)[:4] == [3, 6, 12, 24]
    assert Retransmission(3.0, 20).wait_s(20) == 1024


def test_whoever_waits_is_told_soon() -> None:
    sends = [sum(waits(HASTY)[:n]) for n in range(HASTY.tries)]
    assert sends[0] == 0
    assert sends[-1] < 1.25
    assert sum(waits(HASTY)) < 2.0


def test_the_patient_ask_and_wait_longer() -> None:
    for rule in (PATIENT, PATIENT_SEARCH):
        assert 2.0 < sum(waits(rule)[:-1]) < 3.0
        assert sum(waits(rule)) > 3.0


def test_renewals_of_an_hour_or_two() -> None:
    assert renew_after_s(7200, 0, 0) == 3600
    assert renew_after_s(7200, 0, 1) == 4500
    assert renew_after_s(7200, 1, 0) == 5400
    assert renew_after_s(7200, 1, 1) == 5850
    assert renew_after_s(10**6, 0, 0) == MAX_LEASE_S / 2


@given(st.floats(1, 10**6), st.integers(0, 12), st.floats(0, 1))
def test_a_renewal_is_never_early_or_late(lease: float, renewals: int, chance: float) -> None:
    due = renew_after_s(lease, renewals, chance)
    assert min(lease, MAX_LEASE_S) / 2 <= due <= min(lease, MAX_LEASE_S)
    assert due <= renew_after_s(lease, renewals + 1, chance) or due == lease or chance > 0


TRIES = (0.0, 0.15, 0.375, 0.7125)
"""The first tries of `HASTY`."""


@pytest.mark.parametrize("took", [0.2, 0.4, 0.8])
def test_a_late_router_answers_every_try(took: float) -> None:
    before = [at for at in TRIES if at < took]
    assert took_s(before, [at + took for at in before]) == took
    assert before[1] + took <= twin_until(before, took)


@pytest.mark.parametrize("lost", [1, 2, 3])
def test_what_was_lost_makes_no_router_late(lost: int) -> None:
    """The first tries get lost; what came after them may be answered too."""
    for quick in (0.001, 0.1, 0.14):
        sent = [at for at in TRIES if at < TRIES[lost] + quick]
        assert took_s(sent, [at + quick for at in sent[lost:]]) <= quick + 1e-9


def test_one_try_one_answer() -> None:
    assert took_s([1.0], [1.3, 1.31]) == pytest.approx(0.3)
    assert twin_until([1.0], 1.3) == 1.3


def test_a_copy_that_the_network_made_is_no_answer_to_another_try() -> None:
    assert took_s(TRIES[:2], [0.16, 0.161]) == pytest.approx(0.01)
