"""How flows begin and move on."""

from __future__ import annotations

import math

import pytest

from natscope.machines.nat.lifetime import Lifetimes, Timer
from natscope.machines.nat.opening import refresh
from natscope.machines.nat.table import Binding, Owner
from natscope.model.nat import Filtering, Mapping
from tests.machines.nat.site import Site, config, end

LINUX = Lifetimes(udp_s=30.0, udp_stream_s=120.0, per_flow=True)


@pytest.mark.parametrize(
    ("before", "now", "idle", "hard", "after"),
    [
        (40.0, 20.0, 30.0, math.inf, 50.0),
        (40.0, 20.0, 0.0, math.inf, 40.0),
        (40.0, 5.0, 30.0, math.inf, 40.0),
        (40.0, 20.0, 30.0, 45.0, 45.0),
    ],
)
def test_a_refresh_prolongs_and_never_shortens(
    before: float, now: float, idle: float, hard: float, after: float
) -> None:
    owner: Owner = Binding(17, 4, (1, 1), (2, 2), None, 0.0, hard)
    timer = Timer(owner, before, idle, idle, hard)
    refresh(timer, now, idle)
    assert timer.expires == after


def lasts(site: Site, outside: str) -> float:
    (mapping,) = site.nat.mappings(site.now)
    assert str(mapping.external) == outside
    assert mapping.expires_at is not None
    return mapping.expires_at - site.now


def test_a_flow_becomes_a_stream_by_the_packet_after_the_answer() -> None:
    """Linux: the answer itself does not count, however late it comes."""
    site = Site(config(lifetimes=LINUX))
    outside = str(site.seen("a:5000", "r:1"))
    site.wait(10)
    site.come("r:1", "nat:5000")
    assert lasts(site, outside) == 30
    site.come("r:1", "nat:5000")
    assert lasts(site, outside) == 120


def test_packets_in_the_first_two_seconds_make_no_stream() -> None:
    site = Site(config(lifetimes=LINUX))
    outside = str(site.seen("a:5000", "r:1"))
    for _ in range(5):
        site.come("r:1", "nat:5000")
        site.seen("a:5000", "r:1")
    site.wait(2)
    site.seen("a:5000", "r:1")
    assert lasts(site, outside) == 30
    site.wait(0.1)
    site.seen("a:5000", "r:1")
    assert lasts(site, outside) == 120


def test_packets_of_one_side_make_no_stream() -> None:
    site = Site(config(lifetimes=LINUX))
    for _ in range(5):
        outside = str(site.seen("a:5000", "r:1"))
        site.wait(5)
    assert lasts(site, outside) == 25


def test_a_flow_from_outside_is_answered_by_the_inside() -> None:
    site = Site(config(lifetimes=LINUX, dmz=end("a:0").ip))
    site.come("r:1", "nat:5000")
    site.wait(5)
    site.come("r:1", "nat:5000")
    assert lasts(site, "198.51.100.1:5000") == 30
    site.seen("a:5000", "r:1")
    assert lasts(site, "198.51.100.1:5000") == 30
    site.come("r:1", "nat:5000")
    assert lasts(site, "198.51.100.1:5000") == 120


def test_a_flow_from_outside_opens_the_filter_once_the_inside_answers() -> None:
    site = Site(config(dmz=end("a:0").ip, filtering=Filtering.ADDRESS_DEPENDENT))
    site.come("r:1", "nat:5000")
    (flow,) = site.nat._flows_in.values()
    assert not flow.binding.addresses
    site.seen("a:5000", "r:1")
    assert list(flow.binding.addresses) == [int(end("r:0").ip)]


def test_shared_timers_take_the_longer_lifetime_of_a_stream() -> None:
    site = Site(config(mapping=Mapping.ENDPOINT_INDEPENDENT, lifetimes=Lifetimes(udp_s=30.0, udp_stream_s=120.0)))
    outside = str(site.seen("a:5000", "r:1"))
    site.come("r:1", "nat:5000")
    site.wait(3)
    site.seen("a:5000", "r:1")
    site.seen("a:5000", "s:1")
    assert lasts(site, outside) == 120
