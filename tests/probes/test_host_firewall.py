"""Rules of this computer: walked for an unasked packet and an answer; what may not be read says so."""

from __future__ import annotations

from natscope.host.system_api import FirewallFacts
from natscope.model.observation import Observation, Outcome
from natscope.model.packet_filter import Chain, Match, Rule, RuleSet
from natscope_probes.host_firewall import AGENT_PORT
from tests.netcheck.fake_host import World
from tests.netcheck.lab import loaded, measure, region
from tests.probes.fake_system import HOME, FakeSystem, ts_input

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
