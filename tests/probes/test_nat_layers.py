"""Routers on the way: addresses, ranges, layers; silence and loss never make a number."""

from __future__ import annotations

from typing import Any

import pytest

from natscope.lab.library import load_scenario
from natscope.model.report import NatFamilyReport, Report
from natscope.model.tri import Tri
from natscope_probes.nat_layers import PROBE
from tests.netcheck.fake_host import World, answer
from tests.netcheck.lab import at, loaded, measure, region
from tests.netcheck.lab import v4 as v4_of
from tests.probes.simulated import lossy, probed, scenario

ONLY = ("relay_stun", "nat_layers")


def spent(report: Report) -> int:
    return next(p.packets_sent for p in report.probes if p.name == "nat_layers")


def v4(name: str, **options: Any) -> NatFamilyReport:
    report = probed(load_scenario(name), *ONLY, **options)
    assert spent(report) <= PROBE.budget.packets
    return report.nat.v4


def hops(nat: NatFamilyReport) -> list[tuple[str, str, str]]:
    return [(hop.address, hop.place, hop.translates.value) for hop in nat.hops]


def test_a_home_router_is_one_layer() -> None:
    nat = v4("port-restricted")
    assert (nat.layers, nat.cgnat, nat.double_nat) == (1, Tri.NO, Tri.NO)
    assert hops(nat) == [("192.168.1.1", "private", "yes"), ("203.0.113.254", "public", "no")]
    assert nat.evidence


def test_a_carrier_behind_the_home_router_is_the_second_layer() -> None:
    nat = v4("cgnat-behind-home")
    assert (nat.layers, nat.cgnat, nat.double_nat) == (2, Tri.YES, Tri.NO)
    assert hops(nat)[1] == ("100.64.0.1", "shared", "yes")


def test_two_private_routers_in_a_row_may_be_a_routed_network() -> None:
    nat = v4("double-nat")
    assert (nat.layers, nat.double_nat) == (None, Tri.UNKNOWN)
    assert [hop.address for hop in nat.hops] == ["192.168.1.1", "192.168.0.1", "203.0.113.254"]
    assert "alike" in nat.reasons["layers"]


def test_a_public_host_has_none() -> None:
    nat = v4("open-internet")
    assert (nat.layers, nat.cgnat, nat.double_nat) == (0, Tri.NO, Tri.NO)


def test_a_silent_router_leaves_the_number_open() -> None:
    carrier = '[sites.provider]\nnat = "cgnat"\nlan = "100.64.0.0/10"\n'
    home = '[sites.home]\nat = "provider"\nnat = { not_from = ["100.64.0.0/10"] }\n'
    nat = probed(scenario(carrier + home), *ONLY).nat.v4
    assert (nat.layers, nat.cgnat) == (None, Tri.UNKNOWN)
    assert "keeps its address" in nat.reasons["layers"]


def test_without_udp_there_is_a_reason() -> None:
    nat = v4("udp-blocked")
    assert nat.layers is None
    assert nat.reasons["layers"] == "no relay told our public address"


def test_a_router_that_passes_no_icmp_errors() -> None:
    nat = probed(scenario("[sites.home.nat]\nicmp_errors = false\n"), *ONLY).nat.v4
    assert (nat.layers, nat.cgnat) == (1, Tri.NO) or nat.layers is None


@pytest.mark.parametrize("loss", [0.02, 0.1])
@pytest.mark.parametrize(("name", "truth"), [("cgnat-behind-home", 2), ("port-restricted", 1)])
def test_loss_makes_no_wrong_number(name: str, truth: int, loss: float) -> None:
    told = [probed(lossy(name, loss), *ONLY, seed=seed).nat.v4 for seed in range(1, 26)]
    assert {nat.layers for nat in told} <= {truth, None}
    assert sum(nat.layers == truth for nat in told) >= 20
    assert {nat.double_nat for nat in told} <= {Tri.NO, Tri.UNKNOWN}


def test_a_relay_inside_this_network_shows_no_way() -> None:
    near, far = region(1, node_fields={"ipv4": "192.168.1.9"}), region(2)
    world = World(relays={at("192.168.1.9"): answer(0.001), at(v4_of(2)): answer(0.02)})
    record = measure(world, loaded(near, far), only=("relay_stun", "nat_layers", "path_mtu"))
    asked = {o.target for o in record.observations if o.kind in ("path.hop", "path.size")}
    assert asked == {f"{v4_of(2)}:3478"}
    alone = measure(World(relays={at("192.168.1.9"): answer(0.001)}), loaded(near), only=("relay_stun", "nat_layers"))
    assert {o.target for o in alone.observations if o.kind == "path.hop"} == {"192.168.1.9:3478"}
