"""Who has our public address: last but for hairpinning, announced, with controls; what does not follow is open."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from natscope.lab.build_sim import sim_reports
from natscope.lab.library import load_scenario
from natscope.lab.truth import Agreement, compare
from natscope.model.observation import Outcome
from natscope.model.report import Report
from natscope.model.tri import Tri
from natscope.netcheck.options import NetcheckOptions
from natscope.netcheck.targets import targets_of
from natscope.plugins.loader import PROBES, find
from natscope_probes import nat_hairpin
from natscope_probes.nat_own_address import AFTER, BEFORE, CALLS, PROBE
from tests.netcheck.lab import loaded, region
from tests.probes.simulated import lossy, probed, scenario

ONLY = ("relay_stun", "nat_layers", "nat_own_address")


def report_of(wanted: Any, *only: str, **options: Any) -> Report:
    report = probed(wanted if not isinstance(wanted, str) else load_scenario(wanted), *ONLY, *only, **options)
    (ran,) = (p for p in report.probes if p.name == PROBE.name)
    assert ran.packets_sent <= PROBE.budget.packets
    assert ran.elapsed_ms <= PROBE.budget.seconds * 1000
    return report


def called(report: Report) -> dict[str, Any]:
    (seen,) = (o for o in report.observations if o.kind == "path.own-address")
    return seen.data


def test_it_is_opt_in_and_announced() -> None:
    map_ = loaded(region(1))
    capabilities = frozenset({"udp", "icmp", "links"})

    def contacted(**options: Any) -> set[str]:
        found = targets_of(map_, NetcheckOptions(**options), find(PROBES), capabilities, lambda error: None)
        return {target.host for target in found if target.probe == PROBE.name}

    assert "your own public address" in contacted(profile="full", skip=("nat_hairpin",))
    assert contacted() == contacted(hairpin=True) == set()
    assert PROBE.last
    assert {"udp_rate", "nat_cross_check"} <= set(PROBE.after)
    assert PROBE.name in nat_hairpin.PROBE.after


def test_a_router_that_keeps_it_has_it() -> None:
    report = report_of("port-restricted")
    assert called(report) | {"relay": ""} == {
        "ttl": 1, "expired": False, "calls": CALLS, "controls": CALLS, "controls_told": CALLS, "after": 1,
        "after_answered": 1, "relay": "", "tries": 8,
    }  # fmt: skip
    assert (report.nat.v4.layers, report.nat.v4.layers_by) == (1, "the gateway keeps packets to our public address")


@pytest.mark.parametrize(("name", "layers"), [("double-nat", None), ("cgnat-behind-home", 2)])
def test_a_router_that_passes_it_on_has_not(name: str, layers: int | None) -> None:
    report = report_of(name)
    assert (called(report)["expired"], called(report)["calls"]) == (True, 1)
    assert report.nat.v4.layers == layers


def test_a_carrier_that_numbers_its_routers_from_public_addresses() -> None:
    usual = probed(load_scenario("cgnat-public-hops"), "relay_stun", "nat_layers").nat.v4
    full = report_of("cgnat-public-hops").nat.v4
    for nat in (usual, full):
        assert (nat.layers, nat.cgnat, nat.double_nat) == (None, Tri.UNKNOWN, Tri.UNKNOWN)
    assert "--full" in usual.reasons["layers"]
    assert "another one behind it has it" in full.reasons["layers"]


def test_where_calls_are_taken_for_an_attack() -> None:
    """The relay falls silent after them, and that is said; what was told before stays."""
    report = report_of("taken-for-attack")
    assert (called(report)["after"], called(report)["after_answered"]) == (AFTER, 0)
    assert "NS-UDP-08" in {finding.id for finding in report.findings}
    assert report.nat.v4.layers == 1
    assert "NS-UDP-08" not in {finding.id for finding in report_of("port-restricted").findings}


@pytest.mark.parametrize("name", ["taken-for-attack", "changed-meanwhile", "cgnat-public-hops"])
def test_a_full_run_is_right(name: str) -> None:
    wanted = load_scenario(name)
    wanted = replace(wanted, how=replace(wanted.how, profile="full"))
    (report,) = sim_reports(wanted).values()
    assert [c for c in compare(wanted, {"alice": report}) if c.agreement is not Agreement.AGREE] == []
    assert [relay.error for relay in report.relays] == [None] * len(report.relays)
    own = [o.sent_ms for o in report.observations if o.kind == "path.own-address" and o.sent_ms is not None]
    others = [o for o in report.observations if o.kind not in ("path.own-address", "nat.hairpin")]
    assert max(o.sent_ms for o in others if o.sent_ms is not None) <= own[0]


@pytest.mark.parametrize("loss", [0.02, 0.1])
@pytest.mark.parametrize(("name", "keeps"), [("port-restricted", True), ("cgnat-behind-home", False)])
def test_loss_makes_nothing_wrong(name: str, keeps: bool, loss: float) -> None:
    truth = load_scenario(name).truth["alice"].layers
    for seed in range(1, 21):
        report = report_of(lossy(name, loss), seed=seed)
        assert report.nat.v4.layers in (truth, None)
        for seen in (o for o in report.observations if o.kind == "path.own-address"):
            assert not (keeps and seen.data["expired"])


def test_a_new_socket_that_gets_no_answer_calls_nobody() -> None:
    report = report_of(scenario("[sites.home.nat]\nudp_capacity = 3\n"))
    (seen,) = (o for o in report.observations if o.kind == "path.own-address")
    assert (seen.outcome, seen.data["calls"], seen.data["tries"]) == (Outcome.CANCELLED, 0, BEFORE)


@pytest.mark.parametrize("name", ["open-internet", "udp-blocked"])
def test_nothing_is_called_without_a_translation_or_an_answer(name: str) -> None:
    assert [o for o in report_of(name).observations if o.kind == "path.own-address"] == []
