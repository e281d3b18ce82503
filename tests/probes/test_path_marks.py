"""Marks in simulated networks: they arrive, or one of them is taken away; loss and plain relays say so."""

from __future__ import annotations

from natscope.lab.library import load_scenario
from natscope.lab.scenario import Scenario
from natscope.model.report import Report
from natscope.model.report_path import PathFamilyReport
from natscope_probes.path_marks import KIND, MARKS, PROBE
from tests.probes.simulated import lossy, probed, scenario

ONLY = ("relay_stun", "nat_servers", "path_marks")


def report_of(wanted: Scenario, seed: int = 1) -> Report:
    report = probed(wanted, *ONLY, seed=seed)
    spent = next(p for p in report.probes if p.name == "path_marks")
    assert spent.packets_sent <= PROBE.budget.packets
    assert spent.bytes_sent <= PROBE.budget.bytes
    assert spent.elapsed_ms <= PROBE.budget.seconds * 1000
    return report


def known(path: PathFamilyReport) -> tuple[str, str]:
    return path.ecn.value, path.dscp.value


def bleaching(*marks: str) -> Scenario:
    told = ", ".join(f'"{mark}"' for mark in marks)
    return scenario(f'[sites.home]\nipv6 = "firewall"\nlink = {{ bleaches = [{told}] }}\n')


def test_both_arrive_with_one_packet() -> None:
    report = report_of(load_scenario("port-restricted"))
    assert known(report.path.v4) == ("yes", "yes")
    (seen,) = (o for o in report.observations if o.kind == KIND)
    assert (seen.data["sent"], seen.data["told"], seen.data["tries"]) == (MARKS, MARKS, 1)


def test_each_family_and_each_mark_by_itself() -> None:
    for marks, expected in ((("ecn",), ("no", "yes")), (("dscp",), ("yes", "no")), (("ecn", "dscp"), ("no", "no"))):
        report = report_of(bleaching(*marks))
        assert known(report.path.v4) == known(report.path.v6) == expected


def test_only_the_way_there_is_looked_at() -> None:
    text = '[sites.home]\nback = { bleaches = ["ecn", "dscp"] }\n'
    assert known(report_of(scenario(text)).path.v4) == ("yes", "yes")


def test_plain_relays_tell_nothing() -> None:
    report = report_of(scenario("[sites.home]\n[relays.one]\nhelper = false\n"))
    assert known(report.path.v4) == ("unknown", "unknown")
    assert "--helper" in report.path.v4.reasons["ecn"]


def test_loss_takes_no_mark_away() -> None:
    told = [known(report_of(lossy("port-restricted", 0.1), seed).path.v4) for seed in range(1, 13)]
    assert set(told) <= {("yes", "yes"), ("unknown", "unknown")}
    assert told.count(("yes", "yes")) >= 10
