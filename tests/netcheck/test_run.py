"""Whole runs on a host in memory: times, limits and faults."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from natscope.host.api import Failure
from natscope.model.endpoint import Endpoint
from natscope.model.observation import Outcome
from natscope.model.tri import Tri
from natscope.netcheck.assemble import assemble
from natscope.netcheck.history import History
from natscope.netcheck.options import NetcheckOptions
from natscope.netcheck.progress import Progress
from natscope.netcheck.run import RunInputs, run_probes
from tests.netcheck.fake_host import START, World, answer, page, run_virtual
from tests.netcheck.lab import at, basic_probes, both, loaded, maps, measure, node, region, report_of, v4, v6, worlds


@pytest.mark.parametrize("count", [1, 10, 30])
@pytest.mark.parametrize("slowest_s", [0.001, 0.05, 0.3])
def test_a_run_of_answering_relays_is_short(count: int, slowest_s: float) -> None:
    record = measure(worlds(count, slowest_s), maps(count))
    assert record.duration_ms <= 1500 * slowest_s + 400 - 150
    assert not record.limit_reached
    answered = [o for o in record.observations if o.outcome is Outcome.ANSWERED and o.kind == "stun.binding"]
    assert len(answered) == count * 2 * 3


def test_two_hundred_regions_take_as_long_as_ten() -> None:
    def duration(count: int) -> float:
        regions = [
            region(number).__class__(
                region_id=number,
                region_code=f"r{number}",
                region_name="",
                nodes=(node(1, ipv4=f"10.0.{number}.1", ipv6=f"2001:db8::{number:x}"),),
            )
            for number in range(1, count + 1)
        ]
        world = World(relays={at(n): answer(0.1) for r in regions for n in (r.nodes[0].ipv4, r.nodes[0].ipv6)})
        record = measure(world, loaded(*regions))
        assert len(world.sent) == count * 6
        per_5ms: dict[int, int] = {}
        for sent_s, _, _ in world.sent:
            per_5ms[round(sent_s * 200)] = per_5ms.get(round(sent_s * 200), 0) + 1
        assert max(per_5ms.values()) <= 80
        return record.duration_ms

    assert duration(200) - duration(10) <= 30


def test_a_silent_region_holds_the_run_until_one_and_a_half_seconds_and_is_then_asked_otherwise() -> None:
    world = worlds(2, 0.05)
    world.pages["https://r3a.relay.test:443/derp/latency-check"] = page(200)
    world.echoes[v4(3)] = 0.02
    record = measure(world, maps(3))
    silent_sends = sorted(round(when, 1) for when, target, _ in world.sent if target == at(v4(3)))
    assert silent_sends == [0.0, 0.1, 0.2, 0.6]
    https = [o for o in record.observations if o.kind == "https.latency"]
    assert [o.region_id for o in https] == [3]
    assert https[0].sent_ms == pytest.approx(1500, abs=20)
    report = assemble(record)
    relay = report.relay(3)
    assert relay is not None
    assert relay.error is not None
    assert (relay.error.code, relay.loss, relay.latency_ms.https) == ("no-answer", 1.0, 30.0)
    assert relay.latency_ms.icmp == 20.0
    assert record.duration_ms < 1800


def test_answered_regions_get_no_retry() -> None:
    world = worlds(2, 0.05)
    measure(world, maps(3))
    assert not [when for when, target, _ in world.sent if target.ip == at(v4(1)).ip and when > 0.5]


def test_a_late_answer_counts_until_the_end_but_does_not_stop_the_other_tries() -> None:
    world = worlds(1, 0.01)
    world.relays[at(v4(2))] = answer(1.9)
    world.pages["https://r2a.relay.test:443/derp/latency-check"] = Failure.TIMEOUT
    relay = report_of(world, maps(2)).relay(2)
    assert relay is not None
    assert relay.latency_ms.stun_v4 == pytest.approx(1900)
    assert any(request.url.startswith("https://r2a") for request in world.fetched)


def test_an_answer_to_an_earlier_round_counts_for_that_round() -> None:
    """The second request is answered first: each has its own round trip."""
    delays = iter([0.22, 0.02, 0.02, 0.02])
    world = World(relays={at(v4(1)): lambda request, target: answer(next(delays))(request, target)})
    record = measure(world, loaded(region(1, node_fields={"ipv6": "none"})))
    trips = [o.rtt_ms for o in record.observations if o.kind == "stun.binding"]
    assert trips == pytest.approx([220, 20, 20])


def test_never_longer_than_the_limit() -> None:
    record = measure(World(), maps(3), timeout_s=2.0)
    assert record.duration_ms <= 2000
    assert record.limit_reached


def test_lost_packets_of_answering_regions_do_not_hold_the_run() -> None:
    world = worlds(2, 0.05)
    seen: list[int] = []

    def lossy(request: bytes, target: Endpoint) -> list[Any]:
        seen.append(1)
        return [] if len(seen) == 3 else answer(0.05)(request, target)

    world.relays[at(v4(2))] = lossy
    record = measure(world, maps(2))
    assert record.duration_ms <= 1.5 * 50 + 250
    relay = assemble(record).relay(2)
    assert relay is not None
    assert relay.loss == pytest.approx(1 / 6, abs=1e-4)


def test_ctrl_c_gives_what_is_known() -> None:
    world = worlds(2, 0.05)
    record = measure(world, maps(3), stop_after_s=0.4)
    assert record.interrupted
    assert record.duration_ms == pytest.approx(400, abs=5)
    report = assemble(record)
    assert [r.latency_ms.stun_v4 is not None for r in report.relays] == [True, True, False]
    assert report.relays[2].loss is None, "a request that waited for 0.4 s is not lost yet"
    assert report.udp is Tri.YES


def test_ctrl_c_at_once() -> None:
    report = assemble(measure(worlds(1, 1.0), maps(1), stop_after_s=0.001))
    assert report.interrupted
    assert report.udp is Tri.UNKNOWN


def test_names_are_looked_up_for_both_families_side_by_side() -> None:
    named = region(1, node_fields={"ipv4": "", "ipv6": ""})
    world = World(names={("r1a.relay.test", 4): [v4(1)], ("r1a.relay.test", 6): [v6(1)]}, relays=both(1, answer(0.05)))
    record = measure(world, loaded(named))
    lookups = [o for o in record.observations if o.kind == "dns.lookup"]
    assert [(o.family, o.sent_ms) for o in lookups] == [(4, 0.0), (6, 0.0)]
    trips = [o.rtt_ms for o in record.observations if o.kind == "stun.binding"]
    assert trips == pytest.approx([50] * 6), "looking up is no part of the round trip"


def test_a_stun_test_address_replaces_the_name() -> None:
    fields = {"ipv4": "", "ipv6": "", "stun_test_ip": v4(1)}
    world = World(relays=both(1, answer(0.05)))
    record = measure(world, loaded(region(1, node_fields=fields)))
    assert not [o for o in record.observations if o.kind == "dns.lookup" and o.probe != "dns"]
    assert {target.ip for _, target, _ in world.sent} == {at(v4(1)).ip}


def test_gentle_sends_one_sample_a_relay() -> None:
    world = worlds(3, 0.05)
    measure(world, maps(3), gentle=True)
    assert len(world.sent) == 6


def test_only_one_family() -> None:
    world = worlds(2, 0.05)
    report = report_of(world, maps(2), families=(4,))
    assert {target.family for _, target, _ in world.sent} == {4}
    assert report.ipv6.works is Tri.UNKNOWN
    assert "switched off" in report.ipv6.reason


def test_https_and_icmp_for_all_on_demand() -> None:
    world = worlds(2, 0.05)
    for number in (1, 2):
        world.pages[f"https://r{number}a.relay.test:443/derp/latency-check"] = page(200, request_s=0.01 * number)
        world.echoes[v4(number)] = 0.005 * number
    report = report_of(world, maps(2), https=True, icmp=True)
    assert [r.latency_ms.https for r in report.relays] == [10.0, 20.0]
    assert [r.latency_ms.icmp for r in report.relays] == [5.0, 10.0]


def test_idle_work_is_done_once_and_only_while_nothing_is_due() -> None:
    done: list[float] = []
    regions = [region(number) for number in range(1, 31)]
    world = World(relays={at(address): answer(0.1) for n in range(1, 31) for address in (v4(n), v6(n))})

    async def work() -> None:
        loop = asyncio.get_running_loop()
        inputs = RunInputs(
            host=world.host(),
            loaded_map=loaded(*regions),
            options=NetcheckOptions(),
            history=History(),
            found=basic_probes(),
            http=lambda: world,
            stop=asyncio.Event(),
            idle=[lambda: done.append(loop.time() - START)],
        )
        await run_probes(inputs)

    run_virtual(work())
    assert len(done) == 1
    assert not [when for when, _, _ in world.sent if done[0] <= when < done[0] + 0.03]


def test_progress_counts_regions() -> None:
    seen: list[Progress] = []
    measure(worlds(2, 0.05), maps(2), progress=seen.append)
    assert (seen[-1].regions_answered, seen[-1].regions_total) == (2, 2)
    assert (seen[-1].ipv4, seen[-1].ipv6) == ("answered", "answered")
    assert seen[0].regions_answered == 0
