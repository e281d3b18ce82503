"""Lifetimes from tests: intervals, losses that look like ends, ages against moments, lines that go silent."""

from __future__ import annotations

from typing import Any

import pytest

from natscope.model.tri import Tri
from natscope.netcheck.classify_lifetime import (
    AGED,
    AT_ONCE,
    FEW_AGED,
    LINE_SILENT,
    NOT_LONG,
    NOT_SEEN,
    UNSURE,
    LifetimeTest,
    classify_lifetime,
)  # fmt: skip

GRID = [4.5, 9.5, 10.5, 14.5, 15.5, 19.5, 20.5, 24.5, 25.5, 29.5, 30.5]


def silent(ends_s: float, *, lost: tuple[float, ...] = (), age_s: float = 2.3) -> list[LifetimeTest]:
    """Every silence of the grid behind a router that forgets after `ends_s`; `lost` ones look dead too."""
    return [LifetimeTest(f"s{s:g}", "silent", s + 4, s + age_s, s, s < ends_s and s not in lost) for s in GRID]


def kept(ends_s: float = 1e9, *, until_s: float = 75.0, at_s: float | None = None) -> list[LifetimeTest]:
    """Five mappings kept alive that end at an age, or at one moment; each is tested until it ends."""
    found = []
    for number in range(5):
        age = number + 0.5
        while age < until_s + 5:
            now = age + number
            alive = age < ends_s and (at_s is None or now < at_s)
            found.append(LifetimeTest(f"k{number}-{age:g}", "kept", now, age, 4.9, alive, number))
            if not alive:
                break
            age += 5
    return found


def inwards(ends_s: float) -> list[LifetimeTest]:
    return [LifetimeTest(f"i{s}", "inwards", s + 2.0, s + 2.0, float(s), s < ends_s) for s in range(3, 40, 3)]


def outwards(ends_s: float, *, kept_s: float = 0.0) -> list[LifetimeTest]:
    """The last packet outwards after some seconds, the test at nearly twice that; each such packet gives `kept_s`."""
    found = []
    for number, last_s in enumerate((4.5, 7.0, 8.8, 11.0, 13.7, 17.2, 21.5, 26.8)):
        test_s = 1.9 * last_s
        end_s = max(ends_s, last_s + kept_s) if last_s < ends_s else last_s + ends_s
        found.append(
            LifetimeTest(
                f"o{number}", "outwards", test_s + 3, test_s + 3, test_s, test_s < end_s, number, test_s - last_s
            )
        )
    return found


def test_nothing_tested_or_nothing_told() -> None:
    assert classify_lifetime([]).reasons["mapping_lifetime_s"] == NOT_LONG
    told = classify_lifetime([LifetimeTest("s", "silent", 1.0, 1.0, 1.0, None)])
    assert told.reasons["absolute_lifetime_s"] == NOT_SEEN


@pytest.mark.parametrize(("ends_s", "told"), [(10, 10.0), (15, 15.0), (20, 20.0), (12, 12.5), (22, 22.5)])
def test_the_middle_of_the_interval(ends_s: float, told: float) -> None:
    found = classify_lifetime(silent(ends_s) + kept())
    assert (found.idle_s, found.idle_at_least_s) == (told, None)
    assert found.absolute_at_least_s == 75.0


def test_a_longer_life_beats_a_shorter_one_lost() -> None:
    found = classify_lifetime(silent(25, lost=(9.5, 14.5, 15.5)) + kept())
    assert found.idle_s == 25.0


def test_no_end_is_a_lower_bound() -> None:
    found = classify_lifetime(silent(1e9) + kept())
    assert (found.idle_s, found.idle_at_least_s) == (None, 30.0)
    assert (found.outbound, found.inbound) == (Tri.UNKNOWN, Tri.UNKNOWN)


def test_one_dead_socket_is_no_end() -> None:
    found = classify_lifetime(silent(1e9, lost=(30.5,)) + kept())
    assert (found.idle_s, found.idle_at_least_s) == (None, 29.0)


def test_an_end_needs_something_alive_after_it() -> None:
    assert classify_lifetime(silent(20)).reasons["mapping_lifetime_s"] == LINE_SILENT


@pytest.mark.parametrize("ends_s", [30.0, 45.0, 60.0])
def test_an_age(ends_s: float) -> None:
    found = classify_lifetime(silent(1e9) + kept(ends_s))
    assert (found.absolute_s, found.absolute_at_least_s) == (ends_s, None)


def test_silent_mappings_that_were_too_old_show_nothing() -> None:
    found = classify_lifetime(silent(17.7) + kept(20.0))
    assert (found.absolute_s, found.idle_s) == (20.0, None)
    assert found.reasons["mapping_lifetime_s"] == AGED
    assert found.inbound is Tri.UNKNOWN


def test_a_moment_is_no_age() -> None:
    found = classify_lifetime(silent(1e9) + kept(at_s=41.0))
    assert (found.absolute_s, found.absolute_at_least_s) == (None, None)
    assert found.reasons["absolute_lifetime_s"] == AT_ONCE


def test_few_that_end_are_no_age() -> None:
    tests = [t for t in kept(45.0) if t.number < 3]
    assert classify_lifetime(tests).reasons["absolute_lifetime_s"] == FEW_AGED
    few = [t for t in kept() if t.number < 3]
    assert classify_lifetime(few).absolute_at_least_s is None


@pytest.mark.parametrize(("ends_s", "told"), [(1e9, Tri.YES), (20, Tri.NO), (21, Tri.NO)])
def test_what_packets_from_outside_do(ends_s: float, told: Tri) -> None:
    assert classify_lifetime(silent(20) + kept() + inwards(ends_s)).inbound is told


@pytest.mark.parametrize("ends_s", [10, 12, 15, 20, 25])
def test_what_packets_outwards_do(ends_s: float) -> None:
    """Those sent after the end make new mappings, which show nothing."""
    tests = silent(ends_s) + kept()
    assert classify_lifetime(tests + outwards(ends_s, kept_s=ends_s)).outbound is Tri.YES
    assert classify_lifetime(tests + outwards(ends_s)).outbound is Tri.NO
    unkept = [t for t in outwards(ends_s) if t.silence_s > ends_s + 1 and t.silence_s - t.quiet_s < ends_s - 1]
    alone = classify_lifetime([*tests, unkept[0]])
    assert (alone.outbound, alone.reasons["refresh_outbound"]) == (Tri.UNKNOWN, UNSURE)


def test_keep_alives_that_are_answered_show_no_direction() -> None:
    found = classify_lifetime(silent(20) + kept())
    assert (found.outbound, found.reasons["refresh_outbound"]) == (Tri.UNKNOWN, UNSURE)


def test_evidence_is_the_tests_at_the_edge() -> None:
    found = classify_lifetime(silent(20) + kept())
    assert {"s19.5", "s20.5"} <= set(found.evidence)
    assert "s9.5" not in found.evidence


def test_order_makes_no_difference() -> None:
    tests: list[Any] = silent(20) + kept(60.0) + inwards(1e9)
    there, back = classify_lifetime(tests), classify_lifetime(tests[::-1])
    assert (there.idle_s, there.absolute_s, there.inbound) == (back.idle_s, back.absolute_s, back.inbound)
