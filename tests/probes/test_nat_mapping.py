"""The mapping probe: every mapping of a shipped scenario, with and without helpers; a change is told as one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from natscope.lab.scenario import FaultKind, Scenario, ScenarioFault
from natscope.machines.nat.ports import PortPolicy
from natscope.model.nat import Mapping
from natscope.model.tri import Tri
from natscope_probes.nat_mapping import PROBE
from tests.probes.nat_scenarios import measured, scenario

EI, AD, APD = Mapping.ENDPOINT_INDEPENDENT, Mapping.ADDRESS_DEPENDENT, Mapping.ADDRESS_AND_PORT_DEPENDENT


@pytest.mark.parametrize(
    ("name", "mapping"),
    [
        ("open-internet", Mapping.NONE),
        ("stateful-firewall", Mapping.NONE),
        ("full-cone", EI),
        ("port-restricted", EI),
        ("address-dependent", AD),
        ("symmetric-random", APD),
        ("symmetric-sequential", APD),
        ("unpaired-pool", APD),
        ("two-public-addresses", AD),
    ],
)
def test_each_mapping_is_told(name: str, mapping: Mapping) -> None:
    seen = measured(scenario(name))
    assert seen.nat.mapping is mapping
    assert seen.nat.address_changed is Tri.NO
    assert seen.sockets == 0


def with_mapping(mapping: Mapping) -> Scenario:
    found = scenario("symmetric-random")
    home = next(iter(found.sites.values()))
    assert home.nat is not None
    nat = replace(home.nat, mapping=mapping, ports=PortPolicy.RANDOM)
    return replace(found, sites={home.name: replace(home, nat=nat)})


def test_dependence_on_the_port_alone_is_told_apart() -> None:
    nat = measured(with_mapping(Mapping.PORT_DEPENDENT)).nat
    assert (nat.mapping, nat.mapping_varies) == (Mapping.PORT_DEPENDENT, Tri.YES)
    assert nat.rfc3489_name == "symmetric"


@pytest.mark.parametrize(("name", "mapping"), [("port-restricted", EI), ("symmetric-random", Mapping.UNKNOWN)])
def test_plain_relays_tell_what_they_can(name: str, mapping: Mapping) -> None:
    nat = measured(scenario(name, helpers=False)).nat
    assert nat.mapping is mapping
    assert nat.mapping_varies is not Tri.UNKNOWN
    if mapping is Mapping.UNKNOWN:
        assert "two ports of one address" in nat.reasons["mapping"]


def test_several_public_addresses_are_no_symmetric_nat() -> None:
    nat = measured(scenario("two-public-addresses")).nat
    assert (nat.several_addresses, nat.rfc3489_name) == (Tri.YES, "")


@pytest.mark.parametrize("at_s", [0.25, 0.35, 0.5])
def test_a_router_that_starts_again_with_another_address_is_seen_as_that(at_s: float) -> None:
    """Mappings are gone and the public address is another one: no verdict about the mapping, and the reason."""
    found = scenario("port-restricted")
    reboot = ScenarioFault(kind=FaultKind.NAT_REBOOT, at_s=at_s, lasts_s=0.0, on="home", renumbered=True)
    nat = measured(replace(found, faults=(reboot,))).nat
    assert nat.mapping in (Mapping.UNKNOWN, EI)
    assert nat.several_addresses is not Tri.YES
    if nat.mapping is Mapping.UNKNOWN:
        assert nat.address_changed is Tri.YES
        assert "changed during the run" in nat.reasons["mapping"]


def test_alone_it_finds_its_servers_itself_and_keeps_its_budget() -> None:
    seen = measured(scenario("port-restricted"), "relay_stun", "nat_mapping")
    assert seen.nat.mapping is EI
    assert {o.probe for o in seen.of("nat.server")} == {"nat_mapping"}
    spent = next(p for p in seen.report.probes if p.name == PROBE.name)
    assert spent.packets_sent <= PROBE.budget.packets


@pytest.mark.parametrize("at_s", [0.1, 0.3, 0.4, 0.6])
def test_interrupted_at_any_moment_it_leaves_no_socket(at_s: float) -> None:
    assert measured(scenario("port-restricted"), stop_at_s=at_s).sockets == 0
