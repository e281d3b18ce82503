"""Node order, ports, headers, and the race of the families, against upstream's rules."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.machines.relay_dial import (
    IPV6_START_S,
    NEXT_ADDRESS_S,
    NODE_S,
    Race,
    Way,
    host_header,
    ideal_node,
    port_of,
    relays_of,
    share_s,
    ways_to,
    ways_to_name,
)
from natscope.model.endpoint import Family, IPAddress
from natscope.model.relay_map import RelayNode, RelayRegion

A4, B4 = ipaddress.ip_address("192.0.2.1"), ipaddress.ip_address("192.0.2.2")
A6, B6 = ipaddress.ip_address("2001:db8::1"), ipaddress.ip_address("2001:db8::2")
BOTH = (Way(4, A4), Way(6, A6))


def node(name: str = "1a", **fields: object) -> RelayNode:
    return RelayNode(name=name, region_id=1, **{"host_name": f"{name}.test", **fields})  # type: ignore[arg-type]


def test_nodes_come_in_map_order_without_stun_servers() -> None:
    nodes = (node("1s", stun_only=True), node("1b"), node("1a"))
    region = RelayRegion(region_id=1, region_code="x", region_name="X", nodes=nodes)
    assert [n.name for n in relays_of(region)] == ["1b", "1a"]
    assert ideal_node(region, nodes[1]) == "1s"  # the first of the map, whatever it is, as upstream
    assert ideal_node(region, nodes[0]) == ""


def test_ports_and_host_headers_are_as_gos() -> None:
    assert [port_of(node(), plain=plain) for plain in (False, True)] == [443, 3340]
    assert port_of(node(derp_port=8443), plain=True) == 8443
    assert host_header("r.test", 443, plain=False) == "r.test"
    assert host_header("r.test", 443, plain=True) == "r.test:443"
    assert host_header("2001:db8::1", 8443, plain=False) == "[2001:db8::1]:8443"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, (Way(4), Way(6))),
        ({"ipv4": "192.0.2.1"}, (Way(4, A4), Way(6))),
        ({"ipv4": "none"}, (Way(6),)),
        ({"ipv4": "2001:db8::1"}, (Way(6),)),
        ({"ipv4": "none", "ipv6": "none"}, ()),
        ({"host_name": "192.0.2.1"}, (Way(4, A4),)),
        ({"host_name": "192.0.2.2", "ipv4": "192.0.2.1", "ipv6": "2001:db8::1"}, (Way(4, A4), Way(6, A6))),
    ],
)
def test_the_map_overrides_and_disables(fields: dict[str, str], expected: tuple[Way, ...]) -> None:
    assert ways_to(node(**fields)) == expected


def test_families_can_be_left_out() -> None:
    assert ways_to(node(), (6,)) == (Way(6),)
    assert ways_to_name("2001:db8::1", (4,)) == ()


def test_both_families_start_at_once() -> None:
    assert Race(BOTH, 5.0).due(5.0) == [A4, A6]


def test_ipv6_may_have_a_start() -> None:
    race = Race(BOTH, 5.0, prefer_ipv6=True)
    assert race.due(5.0) == [A6]
    assert race.wake_at() == 5.0 + IPV6_START_S
    assert race.due(5.1) == []
    assert race.due(5.2) == [A4]


def test_nobody_waits_where_nothing_else_runs() -> None:
    race = Race(BOTH, 5.0, prefer_ipv6=True)
    race.due(5.0)
    race.failed(A6, 5.01)
    assert race.due(5.01) == [A4]
    race.failed(A4, 5.02)
    assert race.is_lost
    only = Race((Way(4, A4),), 5.0, prefer_ipv6=True)
    assert only.due(5.0) == [A4]


def test_addresses_of_a_name_start_one_after_the_other() -> None:
    race = Race((Way(4), Way(6)), 0.0)
    assert race.lookups == (4, 6)
    assert race.is_asking
    assert race.due(0.0) == []
    race.found(4, [A4, B4])
    assert race.due(0.1) == [A4]
    assert race.wake_at() == pytest.approx(0.1 + NEXT_ADDRESS_S)
    assert not race.is_asking
    race.found(6, [A6, B6])
    assert race.due(0.1) == [A6]
    race.failed(A4, 0.15)
    assert race.due(0.15) == [B4]
    assert race.due(0.35) == [B6]
    for address in (A6, B4, B6):
        assert not race.is_lost
        race.failed(address, 0.4)
    assert race.is_lost


def test_names_that_are_not_found_lose() -> None:
    race = Race((Way(4), Way(6)), 0.0)
    race.found(6, ())
    assert not race.is_lost
    race.found(4, ())
    assert race.is_lost


@given(st.lists(st.sampled_from([A4, B4, A6, B6]), max_size=6), st.booleans(), st.lists(st.integers(0, 30)))
def test_every_address_is_tried_once_and_the_race_ends(
    addresses: list[IPAddress], prefer_ipv6: bool, fails_after: list[int]
) -> None:
    race = Race((Way(4), Way(6)), 0.0, prefer_ipv6=prefer_ipv6)
    by_family: dict[Family, list[IPAddress]] = {4: [], 6: []}
    for address in addresses:
        by_family[4 if address.version == 4 else 6].append(address)
    for family, found in by_family.items():
        race.found(family, found)
    tried: list[IPAddress] = []
    ends: list[tuple[float, IPAddress]] = []
    now = 0.0
    while not race.is_lost:
        started = race.due(now)
        tried += started
        ends += [(now + (fails_after.pop() / 10 if fails_after else 0.5), address) for address in started]
        ends.sort(key=lambda end: end[0])
        wake_at = race.wake_at()
        if ends and (wake_at is None or ends[0][0] <= wake_at):
            now, address = ends.pop(0)
            race.failed(address, now)
        elif wake_at is not None:
            assert wake_at > now
            now = wake_at
    assert sorted(tried, key=str) == sorted(addresses, key=str)


def test_behind_a_proxy_a_node_has_its_share_of_the_time() -> None:
    assert share_s(9.0, 3) == 3.0
    assert share_s(9.0, 1) == 9.0
    assert share_s(0.5, 4) == NODE_S
