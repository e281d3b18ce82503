"""What is said about tunnels: whose, what is seen past them, and who goes past them."""

from __future__ import annotations

from natscope.diagnosis.facts import Facts
from natscope.diagnosis.hijacks import addresses, agent_is_outside, past_it, through, visible
from natscope.model.report_surroundings import UplinkReport
from tests.diagnosis.surrounded import around


def test_the_way_through_a_tunnel_by_its_owner() -> None:
    facts = Facts(around("proxy-tunnel"))
    assert through(facts) is not None
    assert through(facts, "proxy") is not None
    assert through(facts, "vpn") is None
    assert through(Facts(around("two-uplinks"))) is None


def test_who_goes_past_it() -> None:
    way, exit_way = through(Facts(around("vpn-tunnel"))), through(Facts(around("exit-node")))
    assert way is not None
    assert exit_way is not None
    assert not agent_is_outside(way)
    assert agent_is_outside(exit_way)


def test_what_is_seen_past_it() -> None:
    facts = Facts(around("vpn-tunnel"))
    way = through(facts)
    assert way is not None
    assert "relays see 203.0.113.24" in past_it(facts, way).words
    assert past_it(Facts(around("vpn-tunnel", uplinks=())), way).words == ""


def test_addresses_once_each_and_long_names_cut() -> None:
    seen = UplinkReport(family=6, interface="x", public=("[2001:db8::1]:9", "[2001:db8::1]:10", "192.0.2.1:7"))
    assert addresses(seen) == ["2001:db8::1", "192.0.2.1"]
    assert len(visible("x" * 100)) == 40
