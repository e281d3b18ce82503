"""A policer lets a burst and then its rate pass, counts what it says, and keeps nothing back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.sim.link import LinkSpec
from natscope.sim.policer import Policer, PolicerSpec
from tests.sim.test_link import PERFECT, cross


def passed(spec: PolicerSpec, every_s: float, seconds: float, length: int = 1000) -> list[float]:
    policer, count = Policer(spec), round(seconds / every_s)
    return [n * every_s for n in range(count) if policer.passes(length, n * every_s)]


@pytest.mark.parametrize("every_s", [0.001, 0.002, 0.004])
def test_packets_have_a_burst_and_then_a_rate(every_s: float) -> None:
    times = passed(PolicerSpec(packets_per_s=100, burst_s=0.2), every_s, 2.0)
    assert len(times) == pytest.approx(200 + 20, abs=1)
    assert sum(t >= 1.0 for t in times) == pytest.approx(100, abs=1)


def test_bytes_are_those_of_packets() -> None:
    spec = PolicerSpec(bits_per_s=800_000, burst_s=0.1)
    assert len(passed(spec, 0.001, 2.0)) == pytest.approx(200 + 10, abs=1)
    assert len(passed(spec, 0.001, 2.0, length=100)) == 2000


def test_what_is_slower_passes_and_a_bucket_fills_again() -> None:
    spec = PolicerSpec(packets_per_s=10, burst_s=1.0)
    assert len(passed(spec, 0.1, 5.0)) == 50
    policer = Policer(spec)
    assert [policer.passes(100, 0.0) for _ in range(12)] == [True] * 10 + [False] * 2
    assert policer.passes(100, 0.1)
    assert [policer.passes(100, 60.0) for _ in range(11)] == [True] * 10 + [False]


@given(st.lists(st.tuples(st.floats(0, 0.05), st.integers(40, 1500)), max_size=200))
def test_no_more_than_the_burst_and_the_rate_pass(steps: list[tuple[float, int]]) -> None:
    policer, now, total = Policer(PolicerSpec(bits_per_s=80_000, burst_s=0.5)), 0.0, 0
    for wait_s, length in steps:
        now += wait_s
        total += length if policer.passes(length, now) else 0
    assert total <= 5000 + 10_000 * now + 1


@pytest.mark.parametrize(
    "values",
    [{}, {"packets_per_s": 1.0, "bits_per_s": 1.0}, {"bits_per_s": 0.0}, {"burst_s": 0.0, "packets_per_s": 1.0}],
)
def test_a_policer_that_cannot_be(values: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="policer"):
        PolicerSpec(**values)


def test_on_a_link_it_drops_udp_without_delay() -> None:
    spec = LinkSpec(latency_s=0.03, udp_policer=PolicerSpec(packets_per_s=100, burst_s=0.1))
    crossing = cross(1, spec)
    assert len(crossing.order) == pytest.approx(210, abs=1)
    assert crossing.times == pytest.approx([0.03] * len(crossing.order))
    assert not spec.is_plain
    assert PERFECT.is_plain
