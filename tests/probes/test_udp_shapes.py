"""Shapes of UDP in simulated networks: filters by look, loss that is none, and plain relays that say nothing."""

from __future__ import annotations

from natscope.lab.library import load_scenario
from natscope.lab.scenario import Scenario
from natscope.model.report import Report
from natscope.model.tri import Tri
from natscope_probes.udp_shapes import KIND, PROBE
from tests.probes.simulated import lossy, probed, scenario

ONLY = ("relay_stun", "nat_servers", "udp_shapes")


def report_of(wanted: Scenario, seed: int = 1) -> Report:
    report = probed(wanted, *ONLY, seed=seed)
    spent = next(p for p in report.probes if p.name == "udp_shapes")
    assert spent.packets_sent <= PROBE.budget.packets
    assert spent.bytes_sent <= PROBE.budget.bytes
    assert spent.elapsed_ms <= PROBE.budget.seconds * 1000
    return report


def shapes(report: Report) -> dict[str, str]:
    return {told.shape: told.passes.value for told in report.path.udp_shapes}


def test_everything_passes_with_three_packets() -> None:
    report = report_of(load_scenario("port-restricted"))
    assert shapes(report) == {"stun": "yes", "opaque": "yes", "wireguard": "yes"}
    assert next(p.packets_sent for p in report.probes if p.name == "udp_shapes") == 3


def test_filtered_wireguard_is_found_beside_what_passes() -> None:
    report = report_of(load_scenario("wireguard-filtered"))
    assert shapes(report) == {"stun": "yes", "opaque": "yes", "wireguard": "no"}
    assert "NS-UDP-04" in {f.id for f in report.findings}


def test_filtered_stun_is_found_without_an_answer_of_stun() -> None:
    report = report_of(load_scenario("stun-filtered"))
    assert shapes(report) == {"stun": "no", "opaque": "yes"}
    assert report.udp is Tri.YES
    found = {f.id for f in report.findings}
    assert "NS-UDP-03" in found
    assert not {"NS-UDP-01", "NS-REL-02"} & found
    assert report.verdict.sentence == "Direct: unlikely, this network filters STUN"


def test_a_closed_network_filters_nothing_by_its_look() -> None:
    report = report_of(load_scenario("udp-blocked"))
    assert set(shapes(report).values()) == {"unknown"}
    assert not {"NS-UDP-03", "NS-UDP-04"} & {f.id for f in report.findings}


def test_plain_relays_tell_nothing() -> None:
    plain = "".join(f"[relays.r{n}]\nhelper = false\n" for n in range(2))
    assert shapes(report_of(scenario(f"[sites.home]\n{plain}"))) == {}


def test_loss_is_no_filter() -> None:
    for seed in range(1, 13):
        report = report_of(lossy("port-restricted", 0.1), seed)
        assert "no" not in shapes(report).values()
        assert len([o for o in report.observations if o.kind == KIND]) in (0, 3)
