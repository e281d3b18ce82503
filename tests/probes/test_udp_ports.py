"""Other UDP ports: open ones beside closed ones, refusals of the relay itself, silence that says nothing."""

from __future__ import annotations

from typing import Any

from natscope.lab.library import load_scenario
from natscope.lab.scenario import Scenario
from natscope.model.observation import Outcome
from natscope.model.report import Report
from natscope_probes.udp_ports import PROBE
from tests.probes.simulated import lossy, probed, scenario

ONLY = ("relay_stun", "udp_ports")


def report_of(wanted: Scenario, **options: Any) -> Report:
    report = probed(wanted, *ONLY, **options)
    spent = next(p for p in report.probes if p.name == "udp_ports")
    assert spent.packets_sent <= PROBE.budget.packets
    assert spent.elapsed_ms <= PROBE.budget.seconds * 1000
    return report


def ports(report: Report) -> dict[int, str]:
    return {port.port: port.open.value for port in report.path.udp_ports}


def test_open_ports_beside_a_closed_one() -> None:
    report = report_of(load_scenario("udp-53-443-only"))
    assert ports(report) == {53: "yes", 443: "yes", 3478: "no"}
    assert "NS-UDP-02" in {f.id for f in report.findings}


def test_the_relays_own_refusal_shows_that_the_way_is_open() -> None:
    report = report_of(scenario('[sites.home]\nallow = { udp = ["443"] }\n'))
    assert {o.outcome for o in report.observations if o.target.endswith(":443")} == {Outcome.REFUSED}
    assert ports(report) == {53: "unknown", 443: "yes", 3478: "no"}


def test_a_refusal_on_the_port_of_name_servers_may_be_a_redirect() -> None:
    assert ports(report_of(load_scenario("udp-blocked")))[53] == "unknown"


def test_silence_everywhere_says_nothing() -> None:
    report = report_of(load_scenario("everything-blocked"))
    assert set(ports(report).values()) == {"unknown"}


def test_nothing_is_sent_where_udp_works() -> None:
    report = report_of(load_scenario("port-restricted"))
    assert ports(report) == {3478: "yes"}
    assert not [o for o in report.observations if o.kind == "udp.port"]


def test_the_full_profile_tries_all_the_same() -> None:
    report = report_of(load_scenario("port-restricted"), profile="full", timeout_s=20.0)
    assert ports(report) == {53: "unknown", 443: "yes", 3478: "yes"}


def test_loss_closes_no_port() -> None:
    for seed in range(1, 21):
        found = ports(report_of(lossy("port-restricted", 0.1), seed=seed, profile="full", timeout_s=20.0))
        assert found[3478] == "yes"
        assert "no" not in found.values()
