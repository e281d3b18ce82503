"""Trains rise while they arrive; what got lost is tried again beside a slow one; a full line ends it."""

from __future__ import annotations

from collections.abc import Callable

from natscope.machines.helper.ramp import (
    AGAIN,
    GENTLE_RATES,
    MOST_LATE,
    MOST_PACKETS,
    MOST_TRAINS,
    RATES,
    RISE,
    SHORT,
    SLOW,
    Ramp,
)
from natscope.machines.helper.train import TrainPlan, TrainResult
from natscope.model.endpoint import Endpoint

SERVER = Endpoint.parse("192.0.2.1:3478")
LENGTH = 972


def outcome(plan: TrainPlan, passes: int, *, back: int = 10_000, late: bool = False) -> TrainResult:
    """As many of the first packets as `passes` arrive, then none; of those `back` come back."""
    found = TrainResult(SERVER, plan, sent=[n / plan.rate for n in range(plan.packets)], late=late)
    found.arrived = frozenset(range(min(plan.packets, passes)))
    found.echoes = {n: n / plan.rate for n in sorted(found.arrived)[:back]}
    return found


def climb(way: Callable[[TrainPlan], TrainResult], ramp: Ramp | None = None) -> list[tuple[str, int, int]]:
    """Purposes, rates, lengths."""
    ramp, found = ramp or Ramp(LENGTH), []
    while (chosen := ramp.next()) is not None:
        why, plan = chosen
        found.append((why, plan.rate, plan.length))
        ramp.add(why, way(plan))
    assert len(found) <= MOST_TRAINS
    assert sum(rate for _, rate, _ in found) <= MOST_PACKETS
    assert len({result.plan.number for _, result in ramp.done}) == len(found)
    return found


def test_a_way_that_carries_all() -> None:
    ramp = Ramp(LENGTH)
    assert climb(lambda plan: outcome(plan, 10_000), ramp) == [
        (SLOW, 25, LENGTH), (RISE, 100, LENGTH), (RISE, 250, LENGTH), (RISE, 500, LENGTH),
    ]  # fmt: skip
    assert not ramp.needs_control


def test_a_gentle_one() -> None:
    assert [rate for _, rate, _ in climb(lambda p: outcome(p, 10_000), Ramp(LENGTH, GENTLE_RATES))] == [25, 100]


def test_what_gets_lost_is_tried_again_beside_a_slow_train() -> None:
    ramp = Ramp(LENGTH)
    assert climb(lambda plan: outcome(plan, 120), ramp)[len(RATES) :] == [
        (AGAIN, 500, LENGTH), (SLOW, 25, LENGTH), (SHORT, 250, 72),
    ]  # fmt: skip
    assert ramp.needs_control


def test_what_does_not_come_back_counts_too() -> None:
    assert len(climb(lambda plan: outcome(plan, 10_000, back=60))) == MOST_TRAINS - MOST_LATE


def test_a_line_that_loses_at_every_rate_is_not_tried_again() -> None:
    def way(plan: TrainPlan) -> TrainResult:
        found = outcome(plan, 10_000)
        found.arrived = frozenset(n for n in range(plan.packets) if n % 3)
        found.echoes = dict.fromkeys(found.arrived, 0.0)
        return found

    assert [why for why, _, _ in climb(way)] == [SLOW, RISE, RISE, RISE]


def test_a_full_line_ends_the_rise() -> None:
    ramp = Ramp(LENGTH)
    assert [rate for _, rate, _ in climb(lambda p: outcome(p, 10_000, late=p.rate > 25), ramp)] == [25, 100, 100]
    assert ramp.needs_control


def test_a_train_that_was_late_once_does_not() -> None:
    late = {1, 4}
    ramp = Ramp(LENGTH)
    found = climb(lambda p: outcome(p, 10_000, late=p.number in late), ramp)
    assert [rate for _, rate, _ in found] == [25, 100, 100, 250, 500, 500]
    always = climb(lambda p: outcome(p, 10_000, late=p.number in (0, 2, 4)), Ramp(LENGTH))
    assert [rate for _, rate, _ in always] == [25, 25, 100, 100, 250]


def test_a_server_that_counts_no_more_ends_it() -> None:
    def way(plan: TrainPlan) -> TrainResult:
        return TrainResult(SERVER, plan, reason="the server did not answer")

    assert len(climb(way)) == 1
