"""Rules of this computer: walked for an unasked packet and an answer; what may not be read says so."""

from __future__ import annotations

from ipaddress import ip_address

import msgspec
import pytest

from natscope.host.api import DefaultRoute, Interface
from natscope.host.system_api import FirewallFacts
from natscope.model.observation import Observation, Outcome
from natscope.model.packet_filter import Chain, Match, Rule, RuleSet
from natscope.wire.packet_filter import iptables_save
from natscope_probes.host_firewall import AGENT_PORT
from tests.netcheck.fake_host import World
from tests.netcheck.lab import loaded, measure, region
from tests.probes.fake_system import HOME, FakeSystem, links, ts_input

CLOSED = Chain(
    "nftables", "inet", "filter", "input", "input", 0, "drop",
    (Rule((Match("state", ("established",)),), "accept", "", 5, "state is established: accept"),),
)  # fmt: skip


def told(*firewalls: FirewallFacts) -> Observation:
    world = World(links=HOME, system=FakeSystem(firewalls=list(firewalls)))
    record = measure(world, loaded(region(1)), only=("host_firewall",))
    (found,) = (o for o in record.observations if o.kind == "host.firewall")
    assert world.sent == []
    return found


def verdicts(found: Observation) -> dict[str, str]:
    return {j["what"]: j["verdict"] for j in found.data["judged"]}


def test_no_rules_drop_nothing() -> None:
    assert verdicts(told(FirewallFacts(rules=RuleSet()))) == {"unasked": "accept", "answer": "accept"}


def test_a_policy_that_drops_is_named() -> None:
    found = told(FirewallFacts(rules=RuleSet((CLOSED,))))
    assert verdicts(found) == {"unasked": "drop", "answer": "accept"}
    assert found.data["judged"][0]["rule"] == "policy drop"
    assert found.data["judged"][0]["place"] == "nftables: table inet filter, chain input"
    assert found.data["rules"] == 1


def test_a_rule_for_the_agents_port_lets_it_in() -> None:
    allow = Rule((Match("proto", ("udp",)), Match("dport", (str(AGENT_PORT),))), "accept", "", 0, "")
    chain = Chain("nftables", "inet", "filter", "input", "input", 0, "drop", (allow,))
    assert verdicts(told(FirewallFacts(rules=RuleSet((chain,)))))["unasked"] == "accept"


def test_a_rule_that_drops_the_shared_range_is_found() -> None:
    (rule,) = told(ts_input(12)).data["shared"]
    assert rule == {
        "place": "iptables: table ip filter, chain ts-input", "rule": "-s 100.64.0.0/10 -j DROP", "packets": 12,
    }  # fmt: skip


def test_what_may_not_be_read_says_why_and_what_would_help() -> None:
    found = told(FirewallFacts(reason="only root may read it", hint="run it as root"))
    assert found.outcome is Outcome.LOCAL_ERROR
    assert (found.data["reason"], found.data["hint"]) == ("only root may read it", "run it as root")


ENS3 = links(("ens3", "10.0.0.5", "10.0.0.1"))
MESH = msgspec.structs.replace(
    ENS3,
    interfaces=(*ENS3.interfaces, Interface("tailscale0", 9, "tunnel", True, 1280, (ip_address("100.101.7.9"),))),
    default_routes=(*ENS3.default_routes, DefaultRoute(4, "tailscale0", None, 5)),
)


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        ("-i ens3 -s 100.64.0.0/10 -j DROP", [None]),
        ("-s 100.64.0.0/10 -d 10.0.0.5/32 -j DROP", [None]),
        ("! -i tailscale0 -s 100.64.0.0/10 -j DROP", [None]),
        ("-i ens3 -s 100.100.0.0/16 -j DROP", [["100.100.0.0/16"]]),
        ("-i eth0 -s 100.64.0.0/10 -j DROP", []),
        ("-s 100.64.0.0/10 -d 10.0.0.6/32 -j DROP", []),
        ("-i tailscale0 -s 100.64.0.0/10 -j DROP", []),
        ("-d 100.101.7.9/32 -s 100.64.0.0/10 -j DROP", []),
    ],
)
def test_rules_may_name_the_way_out_the_own_address_and_a_part_of_the_range(rule: str, found: list[object]) -> None:
    """What is for the overlay's own interface is no such rule, though a default route leads there."""
    text = f"*filter\n:INPUT ACCEPT [0:0]\n[3:4] -A INPUT {rule}\nCOMMIT\n"
    facts = FirewallFacts(rules=iptables_save.decode(text, family=4))
    world = World(links=MESH, system=FakeSystem(firewalls=[facts]))
    record = measure(world, loaded(region(1)), only=("host_firewall",))
    (told_by,) = (o for o in record.observations if o.kind == "host.firewall")
    assert [one.get("parts") for one in told_by.data["shared"]] == found


def test_a_computer_without_a_way_out_is_judged_by_its_rules_for_all_interfaces() -> None:
    world = World(links=links(), system=FakeSystem(firewalls=[ts_input(1)]))
    record = measure(world, loaded(region(1)), only=("host_firewall",))
    (told_by,) = (o for o in record.observations if o.kind == "host.firewall")
    assert len(told_by.data["shared"]) == 1
