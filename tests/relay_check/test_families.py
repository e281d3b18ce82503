"""Only the families that are wanted are asked, and one that a relay has none of is no fault of the relay."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

import msgspec
import pytest

from natscope.model.derp_check import DerpCheck, StepName, StepState
from natscope.model.finding import Certainty
from natscope.model.relay_map import RelayNode
from natscope.model.tri import Tri
from natscope.relay_check.addresses import stun_addresses
from tests.relay_check.world import Planted, Relays, found


def host_addresses(relays: Relays) -> dict[int, str]:
    """Of the first relay's host, by family."""
    found = relays.net.zone.find("relay-1a.test") or ()
    return {ip.version: str(ip) for ip in found}


def with_node(relays: Relays, change: Any) -> Relays:
    """The map's first node as `change(node, address)` makes it; `address` gives its host's of a family."""
    region, *rest = relays.map.regions
    nodes = (msgspec.structs.replace(region.nodes[0], **change(host_addresses(relays))), *region.nodes[1:])
    regions = (msgspec.structs.replace(region, nodes=nodes), *rest)
    relays.map = msgspec.structs.replace(relays.map, regions=regions)
    return relays


def by_address(addresses: dict[int, str]) -> dict[str, Any]:
    """HostName is an IPv4 address; the certificate is checked for the name."""
    return {"host_name": addresses[4], "cert_name": "relay-1a.test"}


def asked(check: DerpCheck) -> set[tuple[str, int | None]]:
    return {(o.kind, o.family) for o in check.observations if o.node == "1a"}


def step(check: DerpCheck, name: StepName) -> tuple[StepState, str]:
    seen = check.nodes[0].step(name)
    return seen.state, seen.says


def test_a_host_name_that_is_an_address_is_never_looked_up() -> None:
    check = with_node(Relays(Planted(map_fields={"can_port80": False})), by_address).check()
    assert check.findings == ()
    assert check.nodes[0].relays is Tri.YES
    assert step(check, StepName.NAME) == (StepState.OK, "IPv4 from the map")
    assert not [o for o in check.observations if o.kind == "dns.lookup"]
    assert {family for _, family in asked(check) if family} == {4}


@pytest.mark.parametrize(
    "change",
    [
        by_address,
        lambda addresses: {"ipv4": addresses[4], "ipv6": "none"},
        lambda addresses: {"stun_test_ip": addresses[4], "ipv6": "none"},
    ],
)
def test_a_relay_without_the_wanted_family_is_not_checked(change: Any) -> None:
    check = with_node(Relays(Planted()), change).check(families=(6,))
    assert check.findings == ()
    assert check.nodes[0].relays is Tri.UNKNOWN
    assert check.verdict.state is StepState.UNKNOWN
    assert check.verdict.sentence == "Relays: unknown, 1a: no IPv6 address: not checked"
    for name in (StepName.NAME, StepName.STUN):
        assert step(check, name) == (StepState.UNKNOWN, "no IPv6 address: not checked")
    assert asked(check) == set()


def test_others_are_checked_beside_it() -> None:
    check = with_node(Relays(Planted(), Planted(region=2)), by_address).check(families=(6,))
    assert check.findings == ()
    assert [node.relays for node in check.nodes] == [Tri.UNKNOWN, Tri.YES]
    assert "1a: no IPv6 address: not checked" in check.verdict.sentence


def without_ipv6(relays: Relays) -> Relays:
    """The name has an IPv4 address alone."""
    addresses = host_addresses(relays)
    relays.net.zone.add("four.test", ip_address(addresses[4]))
    return with_node(relays, lambda addresses: {"host_name": "four.test", "cert_name": "relay-1a.test"})


def test_a_name_without_the_wanted_family_is_no_fault() -> None:
    check = without_ipv6(Relays(Planted())).check(families=(6,))
    assert check.findings == ()
    assert step(check, StepName.NAME) == (StepState.UNKNOWN, "no IPv6 address: not checked")
    assert check.verdict.sentence == "Relays: unknown, 1a: no IPv6 address: not checked"
    both = without_ipv6(Relays(Planted(map_fields={"can_port80": False}))).check()
    assert (both.findings, both.nodes[0].relays) == ((), Tri.YES)


@pytest.mark.parametrize("families", [(6,), (4, 6)])
def test_a_name_that_does_not_exist_leads_nowhere_over_any_family(families: tuple[int, ...]) -> None:
    check = with_node(Relays(Planted()), lambda addresses: {"host_name": "gone.test"}).check(families=families)
    finding = found(check)["NS-REL-15"]
    assert (finding.title, finding.certainty) == ("1a: the name leads nowhere.", Certainty.CERTAIN)


def test_a_name_without_the_only_family_that_the_map_leaves_leads_nowhere() -> None:
    relays = without_ipv6(Relays(Planted()))
    check = with_node(relays, lambda addresses: {"ipv4": "none"}).check(families=(6,))
    assert found(check)["NS-REL-15"].title == "1a: the name leads nowhere."


def test_stun_goes_to_the_families_that_are_wanted() -> None:
    node = RelayNode(name="1a", region_id=1, host_name="203.0.113.5", ipv4="203.0.113.5")
    assert stun_addresses(node, (), (6,)) == ()
    assert [str(ip) for ip in stun_addresses(node, (), (4, 6))] == ["203.0.113.5"]
