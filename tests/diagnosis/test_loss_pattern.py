"""Periodic loss is found with a bound on chance; random loss, bursts and outages are not called periodic."""

from __future__ import annotations

import itertools
import math
import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from natscope.diagnosis.loss_pattern import IMPROBABLE, MAX_PACKETS, MIN_PERIODS, loss_pattern


def text(pattern: str, times: int = 1) -> list[bool]:
    """`x` is lost."""
    return [letter == "x" for letter in pattern * times]


def test_fifteen_of_eighteen() -> None:
    found = loss_pattern(text("." * 3 + "x" * 15, 4))
    assert found is not None
    assert (found.period, found.lost, found.periods, found.packets, found.misfits) == (18, 15, 4, 72, 0)
    assert found.chance < 1e-8


@pytest.mark.parametrize(
    ("pattern", "period", "lost"), [(".x", 2, 1), ("..x", 3, 1), (".xx.x", 5, 3), ("x......", 7, 1)]
)
def test_a_period_and_not_its_multiple(pattern: str, period: int, lost: int) -> None:
    found = loss_pattern(text(pattern, 12))
    assert found is not None
    assert (found.period, found.lost) == (period, lost)


def test_few_packets_beside_the_pattern() -> None:
    series = text("..x", 40)
    series[4] = not series[4]
    series[50] = not series[50]
    found = loss_pattern(series)
    assert found is not None
    assert (found.period, found.misfits) == (3, 2)
    exact = loss_pattern(text("..x", 40))
    assert exact is not None
    assert exact.chance < found.chance


@pytest.mark.parametrize(
    "series",
    [
        [],
        text("x"),
        text("." * 50),
        text("x" * 50),
        text("x" * 10 + "." * 50),
        text("." * 20 + "x" * 5 + "." * 20),
        text("..x", 2),
        text(".x" * 2 + "."),
        text("....x....x"),
    ],
    ids=["none", "one", "all came", "all lost", "late", "outage", "two periods", "too few", "chance"],
)
def test_not_periodic(series: list[bool]) -> None:
    assert loss_pattern(series) is None


@pytest.mark.parametrize("loss", [0.02, 0.1, 0.3, 0.5, 0.8])
def test_random_loss_fires_as_seldom_as_is_said(loss: float) -> None:
    """Seeded: of 400 series of every length none at all; the bound allows one of a thousand."""
    chance = random.Random(f"loss {loss}")
    fired = sum(
        loss_pattern([chance.random() < loss for _ in range(chance.randint(6, 120))]) is not None for _ in range(400)
    )
    assert fired <= 400 * IMPROBABLE + 1


def test_the_chance_is_a_bound_for_every_order_of_the_losses() -> None:
    """All ways to lose k of n, counted: those called periodic are no larger a share than the weakest of them claims."""
    for count, gone in ((18, 6), (16, 8), (20, 5)):
        found = []
        for places in itertools.combinations(range(count), gone):
            series = [number in places for number in range(count)]
            pattern = loss_pattern(series)
            if pattern is not None:
                found.append(pattern.chance)
        share = len(found) / math.comb(count, gone)
        assert share <= (max(found) if found else 0.0) <= IMPROBABLE


@settings(max_examples=100, deadline=None)
@given(st.lists(st.booleans(), max_size=200))
def test_whatever_is_found_is_there(series: list[bool]) -> None:
    found = loss_pattern(series)
    if found is None:
        return
    assert 0 < found.lost < found.period
    assert found.periods == found.packets // found.period >= MIN_PERIODS
    assert 0.0 < found.chance <= IMPROBABLE
    classes = [series[start :: found.period] for start in range(found.period)]
    assert found.misfits == sum(min(sum(one), len(one) - sum(one)) for one in classes)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.booleans(), min_size=2, max_size=20).filter(lambda p: 0 < sum(p) < len(p)), st.integers(8, 12))
def test_what_repeats_often_is_found(pattern: list[bool], times: int) -> None:
    found = loss_pattern(pattern * times)
    assert found is not None
    assert len(pattern) % found.period == 0
    assert found.misfits == 0


def test_a_long_series_costs_little() -> None:
    began = time.process_time()
    found = loss_pattern(text("..........x", 100_000))
    assert found is not None
    assert (found.packets, found.period) == (MAX_PACKETS, 11)
    chance = random.Random(3)
    assert loss_pattern([chance.random() < 0.3 for _ in range(100_000)]) is None
    assert time.process_time() - began < 5.0
