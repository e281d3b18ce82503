"""The page of accuracy counts in how many networks the right finding is told first, with nothing louder beside it."""

from __future__ import annotations

import msgspec

from benchmarks.accuracy_page import FINDINGS, Judged, Row, Told, findings_section, page, with_findings
from natscope.lab.library import all_scenarios, load_scenario
from natscope.lab.scenario import Bed
from natscope.lab.truth import out_of_place
from natscope.model.finding import Severity
from tests.house.tree import ROOT
from tests.lab.simulated import reports_of

PAGE = (ROOT / "docs" / "accuracy.md").read_text(encoding="utf-8")
OWN = Judged(program="natscope", right=3, seconds=1.0, packets=9)
WRONG = ("NS-NAT-01 is not in the truth",)


def test_the_simulators_networks_are_counted() -> None:
    simulated = [scenario for scenario in all_scenarios() if scenario.can(Bed.SIM)]
    hosts = sum(len(scenario.measured()) for scenario in simulated)
    assert f"| the simulator | {len(simulated)} | {hosts} | {hosts} | 0 |" in PAGE, (
        "run: python benchmarks/accuracy_findings.py --write"
    )


def test_what_is_out_of_place_is_counted_and_named() -> None:
    told = (Told(scenario="a", host="alice"), Told(scenario="b", host="bob", out_of_place=WRONG))
    rows = (Row(scenario="a", title="A", judged=(OWN,)), built("b", ()), built("c", WRONG))
    lines = list(findings_section(told, rows))
    assert "| the simulator | 2 | 2 | 1 | **1** |" in lines
    assert "| namespaces | 2 | 2 | 1 | **1** |" in lines
    assert "- In the simulator, b bob: NS-NAT-01 is not in the truth." in lines
    assert "- In namespaces, c: NS-NAT-01 is not in the truth." in lines
    assert "- In namespaces 1 networks were measured before this was asked of them." in lines


def built(name: str, wrong: tuple[str, ...]) -> Row:
    own = Judged(program="natscope", right=3, seconds=1.0, packets=9, out_of_place=wrong)
    return Row(scenario=name, title=name, judged=(own,))


def test_the_section_is_made_again_alone() -> None:
    whole = page([built("b", WRONG)], simulated=(Told(scenario="b", host="bob"),))
    again = with_findings(whole, (Told(scenario="b", host="bob"), Told(scenario="c", host="carla")))
    assert again == whole.replace("| the simulator | 1 | 1 | 1 | 0 |", "| the simulator | 2 | 2 | 2 | 0 |")
    assert again.count(FINDINGS) == 1
    without = whole.replace(whole[whole.index(FINDINGS) : whole.index("## What natscope gets")], "")
    assert FINDINGS not in without
    assert "| the simulator | 1 |" in with_findings(without, (Told(scenario="b", host="bob"),))


def test_rows_that_were_kept_before_this_was_asked_are_read() -> None:
    old = msgspec.json.encode({"scenario": "a", "title": "A", "judged": [
        {"program": "natscope", "right": 3, "seconds": 1.0, "packets": 9}]})  # fmt: skip
    own = msgspec.json.decode(old, type=Row).of("natscope")
    assert own is not None
    assert own.out_of_place is None


def test_place_is_judged_by_the_truth() -> None:
    scenario = load_scenario("symmetric-random")
    report = reports_of("symmetric-random")["alice"]
    assert out_of_place(scenario, "alice", report) == ()
    assert out_of_place(scenario, "alice", msgspec.structs.replace(report, findings=())) == ("NS-NAT-01 is not told",)
    first = next(finding for finding in report.findings if finding.id == "NS-NAT-01")
    other = msgspec.structs.replace(first, id="NS-UDP-01", severity=Severity.FAIL)
    report = msgspec.structs.replace(report, findings=(other, *report.findings))
    assert out_of_place(scenario, "alice", report) == (
        "NS-UDP-01 is not in the truth",
        "NS-UDP-01 is told before NS-NAT-01",
    )
