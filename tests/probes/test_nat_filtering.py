"""The filtering probe: every filtering of a shipped scenario, both families; unknown with its reason elsewhere."""

from __future__ import annotations

from dataclasses import replace

import pytest

from natscope.lab.scenario_relays import Port
from natscope.model.nat import Filtering
from natscope.netcheck.assemble_filtering import NOBODY
from natscope_probes.nat_filtering import PROBE
from tests.probes.nat_scenarios import measured, scenario

ANY, ADDRESS, PORT = (
    Filtering.ENDPOINT_INDEPENDENT,
    Filtering.ADDRESS_DEPENDENT,
    Filtering.ADDRESS_AND_PORT_DEPENDENT,
)


@pytest.mark.parametrize(
    ("name", "filtering", "called"),
    [
        ("open-internet", ANY, "open internet"),
        ("stateful-firewall", PORT, "symmetric UDP firewall"),
        ("full-cone", ANY, "full cone"),
        ("address-restricted", ADDRESS, "restricted cone"),
        ("port-restricted", PORT, "port-restricted cone"),
        ("symmetric-open", ANY, "symmetric"),
        ("address-dependent", ADDRESS, "symmetric"),
    ],
)
def test_each_filtering_is_told_with_its_old_name(name: str, filtering: Filtering, called: str) -> None:
    seen = measured(scenario(name))
    assert (seen.nat.filtering, seen.nat.rfc3489_name) == (filtering, called)
    assert seen.nat.filtering_by == "192.0.2.101:3478"
    assert seen.sockets == 0


def test_ipv6_has_its_own() -> None:
    seen = measured(scenario("ipv6-firewall"))
    assert (seen.nat.filtering, seen.report.nat.v6.filtering) == (PORT, PORT)
    assert seen.report.nat.v6.filtering_by.startswith("[2001:db8:")


def test_where_no_relay_offers_it_it_stays_unknown_and_says_so() -> None:
    seen = measured(scenario("port-restricted", helpers=False))
    assert seen.nat.filtering is Filtering.UNKNOWN
    assert seen.nat.reasons["filtering"] == NOBODY
    assert seen.of("nat.unseen") == []


def test_a_lone_helper_tells_the_strictest_filter_only() -> None:
    def lone(name: str) -> tuple[Filtering, str]:
        found = scenario(name, helpers=False)
        relays = dict(found.relays)
        relays["relay2"] = replace(relays["relay2"], helper=True)
        nat = measured(replace(found, relays=relays)).nat
        return nat.filtering, nat.reasons.get("filtering", "")

    assert lone("port-restricted") == (PORT, "")
    told, why = lone("address-restricted")
    assert told is Filtering.UNKNOWN
    assert "no second address" in why


def test_a_peer_that_is_off_is_passed_over() -> None:
    """The relay that is off is nobody's peer here, and the others still tell."""
    found = scenario("address-restricted")
    relays = dict(found.relays)
    relays["relay2"] = replace(relays["relay2"], udp=Port.SILENT, tcp=Port.SILENT)
    assert measured(replace(found, relays=relays)).nat.filtering is ADDRESS


def test_it_keeps_its_budget_and_its_time() -> None:
    seen = measured(scenario("port-restricted"))
    spent = next(p for p in seen.report.probes if p.name == PROBE.name)
    assert spent.packets_sent <= PROBE.budget.packets
    assert seen.report.duration_ms < 2000
    assert spent.bytes_sent <= PROBE.budget.bytes


@pytest.mark.parametrize("at_s", [0.1, 0.3, 0.4, 0.6, 0.8])
def test_interrupted_at_any_moment_it_leaves_no_socket_and_no_verdict(at_s: float) -> None:
    seen = measured(scenario("address-restricted"), stop_at_s=at_s)
    assert seen.sockets == 0
    assert seen.nat.filtering in (Filtering.UNKNOWN, ADDRESS)


def test_alone_it_finds_its_servers_itself() -> None:
    assert measured(scenario("full-cone"), "relay_stun", "nat_filtering").nat.filtering is ANY
