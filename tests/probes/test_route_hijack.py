"""The way of packets: one observation a way, requests over the other uplinks, fake names, nothing without a look."""

from __future__ import annotations

import pytest

from natscope.host.api import Failure
from natscope.host.system_api import PolicyRule, RouteChoice, SystemFacts
from natscope.model.observation import Observation, Outcome
from natscope.netcheck.record import RunRecord
from tests.netcheck.fake_host import World, answer, unreachable
from tests.netcheck.lab import at, loaded, measure, region, v4
from tests.probes.fake_system import ETH0, HOME, META, TWO, WLAN0, FakeSystem, links

MAP = loaded(region(1), region(2), region(3))
TUNNELED = links(("Meta", "198.18.0.1", "198.18.0.2"), ("eth0", "192.168.1.20", "192.168.1.1"))
ANSWERED = {at(v4(n)): answer(0.03, at("203.0.113.7", 5000 + n)) for n in (1, 2, 3)}


def run(world: World) -> RunRecord:
    return measure(world, MAP, only=("route_hijack",), families=(4,))


def seen(record: RunRecord, kind: str) -> list[Observation]:
    return [o for o in record.observations if o.kind == kind]


def test_one_way_by_the_network_card_and_nothing_sent() -> None:
    world = World(links=HOME, system=FakeSystem(SystemFacts(devices=(ETH0,))))
    (way,) = seen(run(world), "host.route")
    assert (way.outcome, way.family) == (Outcome.ANSWERED, 4)
    assert (way.data["interface"], way.data["driver"], len(way.data["targets"])) == ("eth0", "ethernet", 3)
    assert world.sent == []


def test_a_tunnel_is_described_and_relays_are_asked_past_it() -> None:
    facts = SystemFacts(
        devices=(META, ETH0),
        rules=(PolicyRule(family=4, priority=9003, table=2022, selectors="not iif lo"),
               PolicyRule(family=4, priority=32766, table=254)),
    )  # fmt: skip
    system = FakeSystem(facts, RouteChoice(target="", interface="Meta", source="198.18.0.1", table=2022), marked="eth0")
    world = World(links=TUNNELED, system=system, by_interface={"eth0": ANSWERED})
    record = run(world)
    (way,) = seen(record, "host.route")
    assert (way.data["driver"], way.data["addresses"]) == ("tun", ["198.18.0.1"])
    assert way.data["rules"] == ["9003: not iif lo lookup 2022"]
    assert way.data["agent_interface"] == "eth0"
    told = seen(record, "route.stun")
    assert [o.data["mapped"] for o in told] == ["203.0.113.7:5001", "203.0.113.7:5002"]
    assert {(o.data["interface"], o.outcome) for o in told} == {("eth0", Outcome.ANSWERED)}
    assert len(world.sent) == 2


def test_ways_that_differ_are_told_apart() -> None:
    elsewhere = {v4(2): RouteChoice(target="", interface="wg0", source="10.8.0.2")}
    world = World(links=HOME, system=FakeSystem(SystemFacts(devices=(ETH0,)), ways=elsewhere))
    told = {o.data["interface"]: o.data["targets"] for o in seen(run(world), "host.route")}
    assert told == {"eth0": [v4(1), v4(3)], "wg0": [v4(2)]}


def test_no_way_is_told_with_the_systems_words() -> None:
    nowhere = RouteChoice(target="", failure="network is unreachable")
    (way,) = seen(run(World(links=HOME, system=FakeSystem(usual=nowhere))), "host.route")
    assert (way.outcome, way.error) == (Outcome.LOCAL_ERROR, "network is unreachable")


def test_silence_by_another_uplink_is_asked_twice_with_the_counter_beside_it() -> None:
    system = FakeSystem(SystemFacts(devices=(ETH0, WLAN0)), drops=[3, 7])
    world = World(links=TWO, system=system)
    told = seen(run(world), "route.stun")
    assert {o.outcome for o in told} == {Outcome.NO_ANSWER}
    assert len(told) == len(world.sent) == 4
    assert {o.data["source_drops"] for o in told} == {4}
    assert {o.data["strict_source"] for o in told} == {True}
    assert max(o.sent_ms or 0 for o in told) == pytest.approx(300, abs=20)


def test_a_refusal_is_an_icmp_error() -> None:
    refusing = {at(v4(n)): unreachable(0.01) for n in (1, 2)}
    world = World(links=TWO, system=FakeSystem(SystemFacts(devices=(ETH0, WLAN0))), by_interface={"wlan0": refusing})
    assert {o.outcome for o in seen(run(world), "route.stun")} == {Outcome.ICMP_ERROR}


def test_a_socket_that_may_not_be_bound_is_our_own_error() -> None:
    world = World(links=TWO, system=FakeSystem(SystemFacts(devices=(ETH0, WLAN0))))
    world.refused_families = {4: Failure.PERMISSION}
    (told,) = seen(run(world), "route.stun")
    assert (told.outcome, told.error) == (Outcome.LOCAL_ERROR, "permission")


def test_names_that_lead_to_invented_addresses_are_kept() -> None:
    names = loaded(region(1, node_fields={"ipv4": "", "ipv6": "none"}))
    world = World(links=HOME, system=FakeSystem(), names={("r1a.relay.test", 4): ["198.18.0.7"]})
    record = measure(world, names, only=("route_hijack",), families=(4,))
    (way,) = seen(record, "host.route")
    assert way.data["names"] == {"r1a.relay.test": "198.18.0.7"}


def test_with_an_interface_of_the_users_choice_no_look_up_decides() -> None:
    world = World(links=TWO, system=FakeSystem(SystemFacts(devices=(ETH0, WLAN0))))
    record = measure(world, MAP, only=("route_hijack",), families=(4,), interface="wlan0")
    assert [o.data["interface"] for o in seen(record, "host.route")] == ["wlan0"]
    assert world.sent == []


def test_a_system_that_tells_nothing_skips_it() -> None:
    record = run(World(links=HOME))
    assert record.probes[-1].reason == "this system offers no system" or any(
        "system" in p.reason for p in record.probes if p.name == "route_hijack"
    )
