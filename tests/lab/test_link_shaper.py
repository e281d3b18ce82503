"""A link in real time behaves as its values say: latency, order, loss, duplicates, a rate behind a bounded queue."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.lab.kernel.link_shaper import LinkShaper
from natscope.sim.link import LinkSpec
from natscope.sim.policer import PolicerSpec

PACKETS = 2000


def shaper(**values: float) -> LinkShaper:
    return LinkShaper(LinkSpec(**values), Random(7))  # type: ignore[arg-type]


def test_a_link_without_faults_delays_by_its_latency() -> None:
    link = shaper(latency_s=0.25)
    assert [link.arrivals(100, now) for now in (1.0, 2.0)] == [[1.25], [2.25]]
    assert link.lost == 0


@pytest.mark.parametrize("share", [0.0, 0.05, 0.5, 1.0])
def test_loss(share: float) -> None:
    link = shaper(loss=share)
    arrived = sum(len(link.arrivals(100, float(n))) for n in range(PACKETS))
    assert link.lost == PACKETS - arrived
    assert abs(link.lost / PACKETS - share) < 0.02


def test_duplicates_arrive_together() -> None:
    link = shaper(latency_s=0.1, duplication=0.3)
    found = [link.arrivals(100, float(n)) for n in range(PACKETS)]
    assert all(len(set(times)) == 1 for times in found)
    assert abs(sum(len(times) == 2 for times in found) / PACKETS - 0.3) < 0.04


@given(st.lists(st.floats(0, 0.02), min_size=2, max_size=50))
def test_jitter_keeps_the_order(gaps: list[float]) -> None:
    link, now, last = shaper(latency_s=0.05, jitter_s=0.5), 0.0, 0.0
    for gap in gaps:
        now += gap
        (when,) = link.arrivals(100, now)
        assert when >= last
        assert now + 0.05 <= when <= max(last, now + 0.55)
        last = when


def test_reordering_holds_packets_back_and_lets_later_ones_pass() -> None:
    link = shaper(latency_s=0.01, reordering=0.2, held_back_s=0.5)
    times = [link.arrivals(100, n * 0.001)[0] for n in range(PACKETS)]
    held = sum(times[n] - n * 0.001 > 0.4 for n in range(PACKETS))
    assert abs(held / PACKETS - 0.2) < 0.04
    assert times != sorted(times)


def test_a_rate_spaces_packets_by_their_bits() -> None:
    link = shaper(latency_s=0.0, rate_bps=8000.0, queue_bytes=10_000)
    assert [link.arrivals(100, 0.0)[0] for _ in range(3)] == pytest.approx([0.1, 0.2, 0.3])
    assert link.arrivals(100, 10.0) == pytest.approx([10.1])


def test_a_full_queue_drops_and_empties_again() -> None:
    link = shaper(latency_s=0.0, rate_bps=8000.0, mtu=100, queue_bytes=250)
    assert [len(link.arrivals(100, 0.0)) for _ in range(4)] == [1, 1, 0, 0]
    assert link.lost == 2
    assert link.arrivals(100, 0.15) == pytest.approx([0.3])


def test_the_same_seed_draws_the_same() -> None:
    spec = {"latency_s": 0.01, "jitter_s": 0.1, "loss": 0.1, "duplication": 0.1, "reordering": 0.1}
    first, second = shaper(**spec), shaper(**spec)
    assert [first.arrivals(99, n / 10) for n in range(500)] == [second.arrivals(99, n / 10) for n in range(500)]


def test_a_policer_drops_udp_alone() -> None:
    link = LinkShaper(LinkSpec(latency_s=0.0, udp_policer=PolicerSpec(packets_per_s=10, burst_s=0.5)), Random(7))
    udp = [bool(link.arrivals(500, n / 100, udp=True)) for n in range(100)]
    assert sum(udp) == 5 + 10 - 1
    assert link.lost == 100 - sum(udp)
    assert all(link.arrivals(500, 1 + n / 100) for n in range(100))


def test_ipv6_may_go_another_way() -> None:
    link = shaper(latency_s=0.25, ipv6_latency_s=0.1, jitter_s=0.01)
    (four,), (six,) = link.arrivals(100, 1.0), link.arrivals(100, 1.0, family=6)
    assert 1.25 <= four <= 1.26
    assert 1.1 <= six <= 1.11
    assert shaper(latency_s=0.25).arrivals(100, 1.0, family=6) == [1.25]
