"""Lifetimes: RFC 4787 §4.3 (REQ-5, REQ-6), RFC 5508 REQ-2, absolute ends, and the agenda behind them."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.machines.nat.lifetime import COMPACT_OVER, Agenda, Lifetimes, Refresh, Timer
from natscope.machines.nat.ports import PortPolicy
from natscope.model.nat import Filtering, Mapping
from tests.machines.nat.site import Site, config, end


def test_the_defaults_are_what_the_rfcs_ask_for() -> None:
    times = Lifetimes()
    assert times.udp_s >= 300, "RFC 4787 REQ-5c: five minutes or more is recommended"
    assert times.icmp_s >= 60, "RFC 5508 REQ-2"
    assert times.tcp_established_s >= 2 * 3600 + 4 * 60, "RFC 5382 REQ-5"
    assert times.tcp_transitory_s >= 240, "RFC 5382 REQ-5"
    assert times.refresh is not Refresh.INBOUND, "RFC 4787 REQ-6: outbound refresh is a must"


@pytest.mark.parametrize("field", ["udp_s", "icmp_s", "absolute_s", "udp_stream_s", "tcp_closing_s"])
@pytest.mark.parametrize("value", [0.0, -1.0, math.inf, math.nan])
def test_a_lifetime_is_a_positive_number(field: str, value: float) -> None:
    changes: dict[str, Any] = {field: value}
    with pytest.raises(ValueError, match="positive"):
        replace(Lifetimes(), **changes)


@pytest.mark.parametrize("per_flow", [False, True])
@pytest.mark.parametrize("mapping", [Mapping.ENDPOINT_INDEPENDENT, Mapping.ADDRESS_AND_PORT_DEPENDENT])
def test_a_mapping_ends_when_it_was_idle_for_its_lifetime(per_flow: bool, mapping: Mapping) -> None:
    """RFC 4787 REQ-5."""
    site = Site(config(mapping=mapping, lifetimes=Lifetimes(udp_s=120.0, per_flow=per_flow)))
    outside = site.seen("a:5000", "r:1")
    site.wait(119.9)
    assert site.come("r:1", outside) == end("a:5000")
    site.wait(120)
    assert site.come("r:1", outside) == "no mapping"


@pytest.mark.parametrize(
    ("refresh", "by_outbound", "by_inbound"),
    [(Refresh.OUTBOUND, True, False), (Refresh.INBOUND, False, True), (Refresh.BOTH, True, True)],
)
@pytest.mark.parametrize("per_flow", [False, True])
def test_who_refreshes(refresh: Refresh, by_outbound: bool, by_inbound: bool, per_flow: bool) -> None:
    """RFC 4787 REQ-6: outbound must, inbound may."""
    for outbound, survives in ((True, by_outbound), (False, by_inbound)):
        site = Site(config(lifetimes=Lifetimes(udp_s=30.0, refresh=refresh, per_flow=per_flow)))
        outside = site.seen("a:5000", "r:1")
        site.wait(20)
        site.out("a:5000", "r:1") if outbound else site.come("r:1", outside)
        site.wait(20)
        assert (site.come("r:1", outside) == end("a:5000")) is survives


@pytest.mark.parametrize("refresh", Refresh)
def test_a_stranger_whom_the_filter_admits_counts_as_inbound(refresh: Refresh) -> None:
    lifetimes = Lifetimes(udp_s=30.0, refresh=refresh)
    site = Site(config(filtering=Filtering.ENDPOINT_INDEPENDENT, lifetimes=lifetimes))
    outside = site.seen("a:5000", "r:1")
    site.wait(20)
    site.come("s:1", outside)
    site.wait(20)
    assert (site.come("r:1", outside) == end("a:5000")) is (refresh is not Refresh.OUTBOUND)


def test_a_dropped_packet_refreshes_nothing() -> None:
    site = Site(config(lifetimes=Lifetimes(udp_s=30.0)))
    outside = site.seen("a:5000", "r:1")
    site.wait(20)
    assert site.come("s:1", outside) == "filtered"
    site.wait(10)
    assert site.come("r:1", outside) == "no mapping"


def test_one_flow_keeps_the_whole_mapping_unless_flows_have_their_own_timers() -> None:
    for per_flow in (False, True):
        site = Site(config(lifetimes=Lifetimes(udp_s=30.0, per_flow=per_flow)))
        outside = site.seen("a:5000", "r:1")
        site.wait(20)
        site.seen("a:5000", "s:1")
        site.wait(20)
        assert site.come("s:1", outside) == end("a:5000")
        assert site.come("r:1", outside) == ("filtered" if per_flow else end("a:5000"))


@pytest.mark.parametrize("per_flow", [False, True])
def test_an_absolute_lifetime_ends_a_busy_mapping(per_flow: bool) -> None:
    """A mapping that dies in spite of keep-alives, and gets another port."""
    lifetimes = Lifetimes(udp_s=30.0, absolute_s=60.0, per_flow=per_flow)
    site = Site(config(ports=PortPolicy.RANDOM, lifetimes=lifetimes))
    seen = []
    for _ in range(12):
        seen.append(site.seen("a:5000", "r:1"))
        site.wait(10)
    assert seen[:6] == [seen[0]] * 6
    assert seen[6:] == [seen[6]] * 6
    assert seen[0] != seen[6]


def test_linux_makes_a_stream_of_a_conversation() -> None:
    """Measured: 30 s until a reply, still 30 s after one in the first two seconds, 120 s once it goes on later."""
    times = Lifetimes(udp_s=30.0, udp_stream_s=120.0, per_flow=True)
    for exchanges, lasts in ((0, 30), (1, 30), (2, 120)):
        site = Site(config(lifetimes=times))
        outside = site.seen("a:5000", "r:1")
        for _ in range(exchanges):
            site.come("r:1", outside)
            site.wait(2.5)
            if exchanges > 1:
                site.seen("a:5000", "r:1")
        start = site.now - (2.5 if exchanges == 1 else 0)
        site.now = start + lasts - 0.1
        assert len(site.nat.mappings(site.now)) == 1
        assert site.nat.mappings(start + lasts) == []


def test_icmp_queries_last_a_minute() -> None:
    """RFC 5508 REQ-2."""
    site = Site(config())
    site.ping("a", "r", 7)
    assert site.come("r:0", "nat:7", 1) == end("a:7")
    site.wait(59.9)
    assert site.come("r:0", "nat:7", 1) == end("a:7")
    site.wait(60)
    assert site.come("r:0", "nat:7", 1) == "no mapping"


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5), st.integers(0, 9)), max_size=40))
def test_an_agenda_gives_each_owner_out_once_and_in_time(moves: list[tuple[int, int, int]]) -> None:
    agenda: Agenda[int] = Agenda()
    timers: dict[int, Timer[int]] = {}
    now, given_out = 0.0, []
    for action, which, amount in moves:
        timer = timers.get(which)
        if action == 0 and timer is None:
            timers[which] = Timer(which, now + amount + 1, 0, 0, math.inf)
            agenda.add(timers[which])
        elif action == 1 and timer is not None:
            timer.expires = now + amount + 1
            agenda.shorten(timer)
        elif action == 2 and timer is not None:
            agenda.drop(timers.pop(which))
        elif action == 3:
            now += amount
            ended = agenda.due(now)
            assert sorted(ended) == sorted(w for w, t in timers.items() if t.expires <= now)
            for owner in ended:
                del timers[owner]
            given_out += ended
        first = min((t.expires for t in timers.values()), default=None)
        when = agenda.next_time()
        assert agenda.alive == len(timers)
        assert first is None or (when is not None and when <= first)


def test_an_agenda_does_not_collect_old_times() -> None:
    """A timer that is shortened and prolonged again and again keeps few entries."""
    agenda: Agenda[int] = Agenda()
    timer = Timer(1, 100.0, 0, 0, math.inf)
    agenda.add(timer)
    for n in range(1000):
        timer.expires = n + 0.5
        agenda.shorten(timer)
        timer.expires = n + 1000.0
        assert agenda.due(n + 0.75) == []
    assert len(agenda._heap) <= COMPACT_OVER + 1


def test_an_agenda_does_not_collect_what_was_dropped() -> None:
    agenda: Agenda[int] = Agenda()
    for n in range(10_000):
        timer = Timer(n, 1e6, 0, 0, math.inf)
        agenda.add(timer)
        agenda.drop(timer)
    assert len(agenda._heap) <= COMPACT_OVER + 1
