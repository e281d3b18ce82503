"""100.64.0.0/10 around a computer: what lies in it, the overlay itself left out, and what a rule eats."""

from __future__ import annotations

import pytest

from natscope.host.api import Failure, ResolverFacts
from natscope.host.system_api import Device, FirewallFacts, SystemFacts, SystemRoute
from natscope.model.observation import Observation, Outcome
from natscope.model.packet_filter import RuleSet
from natscope.wire.packet_filter import iptables_save
from tests.netcheck.fake_host import World
from tests.netcheck.lab import at, loaded, measure, region
from tests.probes.fake_system import ETH0, HOME, FakeSystem, links, ts_input

CARRIER = links(("eth0", "100.64.10.10", "100.64.10.1"))
OVERLAY = Device(name="tailscale0", driver="tun", addresses=("100.101.7.9",))
NO_RULES = FirewallFacts(rules=RuleSet())


def look(world: World) -> list[Observation]:
    record = measure(world, loaded(region(1)), only=("host_firewall", "shared_space"))
    return [o for o in record.observations if o.kind in ("host.shared", "host.eaten")]


def uses(world: World) -> list[str]:
    return [use["text"] for use in look(world)[0].data["uses"]]


def test_nothing_in_a_home_network() -> None:
    (seen,) = look(World(links=HOME, system=FakeSystem(SystemFacts(devices=(ETH0,)))))
    assert (seen.data["uses"], seen.summary) == ([], "nothing of 100.64.0.0/10")


def test_address_gateway_route_and_name_server() -> None:
    routes = (
        SystemRoute(family=4, destination="100.100.2.0/24", interface="eth0"),
        SystemRoute(family=4, destination="100.0.0.0/8", kind="blackhole"),
        SystemRoute(family=4, destination="0.0.0.0/0", interface="eth0"),
        SystemRoute(family=6, destination="fd7a:115c:a1e0::/48", interface="eth0"),
    )
    names = ResolverFacts(servers=(at("100.100.2.136", 53), at("192.0.2.53", 53)))
    world = World(links=CARRIER, system=FakeSystem(SystemFacts(devices=(ETH0,), routes=routes)), resolver_facts=names)
    assert uses(world) == [
        "100.64.10.10 on eth0", "gateway 100.64.10.1", "route to 100.100.2.0/24 by eth0",
        "route to 100.0.0.0/8 (blackhole)", "name server 100.100.2.136",
    ]  # fmt: skip


def test_the_overlay_itself_is_no_collision() -> None:
    mesh = links(("eth0", "192.168.1.20", "192.168.1.1"), ("tailscale0", "100.101.7.9", "100.101.7.1"))
    facts = SystemFacts(
        devices=(ETH0, OVERLAY), routes=(SystemRoute(family=4, destination="100.64.0.0/10", interface="tailscale0"),)
    )
    names = ResolverFacts(servers=(at("100.100.100.100", 53),))
    world = World(links=mesh, system=FakeSystem(facts), resolver_facts=names)
    assert uses(world) == []
    assert look(world)[0].data["overlay"] == ["tailscale0"]


def test_a_clouds_own_services_are_known_without_asking() -> None:
    for cloud, service in (
        ("Alibaba Cloud", "metadata service 100.100.100.200"),
        ("Alibaba Cloud", "load balancers 100.64.0.0/10"),
        ("Huawei Cloud", "load balancers 100.125.0.0/16"),
        ("Open Telekom Cloud", "load balancers 100.125.0.0/16"),
    ):
        world = World(links=HOME, system=FakeSystem(SystemFacts(cloud=cloud)))
        assert f"{cloud}'s {service}" in uses(world)
        assert world.sent == []
    assert uses(World(links=HOME, system=FakeSystem(SystemFacts(cloud="AWS")))) == []


def test_a_packet_that_is_eaten_moves_the_counter() -> None:
    system = FakeSystem(SystemFacts(devices=(ETH0,)), firewalls=[ts_input(3), ts_input(4)])
    _, eaten = look(World(links=CARRIER, system=system))
    assert (eaten.outcome, eaten.data["answers"]) == (Outcome.WRONG, {"100.64.10.1": "timeout"})
    assert [(r["packets"], r["after"]) for r in eaten.data["grown"]] == [(3, 4)]
    assert eaten.bytes_sent == 16


def test_an_answer_is_written_down_as_one() -> None:
    world = World(links=CARRIER, system=FakeSystem(firewalls=[ts_input(3)]), echoes={"100.64.10.1": 0.002})
    _, eaten = look(world)
    assert (eaten.outcome, eaten.data["answers"], eaten.data["grown"]) == (
        Outcome.ANSWERED, {"100.64.10.1": "answered"}, [],
    )  # fmt: skip


@pytest.mark.parametrize("failure", [Failure.PERMISSION, Failure.UNREACHABLE_HOST])
def test_an_echo_that_cannot_be_sent_has_its_word(failure: Failure) -> None:
    world = World(links=CARRIER, system=FakeSystem(firewalls=[ts_input(3)]), echoes={"100.64.10.1": failure})
    assert look(world)[1].data["answers"] == {"100.64.10.1": failure.value}


def test_without_a_rule_or_without_the_right_to_read_nobody_is_asked() -> None:
    for firewall in (NO_RULES, FirewallFacts(reason="only root may")):
        seen = look(World(links=CARRIER, system=FakeSystem(firewalls=[firewall])))
        assert [o.kind for o in seen] == ["host.shared"]


@pytest.mark.parametrize(("prefix", "asked"), [("100.64.10.0/24", ["100.64.10.1"]), ("100.100.0.0/16", [])])
def test_of_a_rule_for_a_part_only_what_lies_there_is_asked(prefix: str, asked: list[str]) -> None:
    text = f"*filter\n:INPUT ACCEPT [0:0]\n[3:4] -A INPUT -i eth0 -s {prefix} -j DROP\nCOMMIT\n"
    facts = FirewallFacts(rules=iptables_save.decode(text, family=4))
    _, *eaten = look(World(links=CARRIER, system=FakeSystem(firewalls=[facts])))
    assert [list(one.data["answers"]) for one in eaten] == ([asked] if asked else [])
    assert [rule["parts"] for one in eaten for rule in one.data["rules"]] == ([[prefix]] if asked else [])
