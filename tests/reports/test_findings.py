"""At most three findings, worst first, each with its cheapest fix or the words that there is none."""

from __future__ import annotations

import msgspec

from natscope.model.finding import Certainty, Finding, Severity
from natscope_reports._text import findings
from tests.reports.drawing import lines, scene


def test_three_are_shown_and_the_rest_is_counted() -> None:
    finding = scene("udp-blocked").findings[0]
    many = tuple(msgspec.structs.replace(finding, id=f"NS-UDP-0{n}") for n in range(1, 6))
    report = scene("udp-blocked", findings=many)
    drawn = "\n".join(lines(findings.draw, report))
    assert [f"NS-UDP-0{n}" in drawn.replace("(NS", "") for n in (1, 2, 3)] == [True] * 3
    assert "2 more findings (NS-UDP-04, NS-UDP-05): -v" in drawn
    assert "more finding" not in "\n".join(lines(findings.draw, report, verbosity=1))


def test_the_cheapest_fix_alone_unless_verbose() -> None:
    report = scene("mapping-varies")
    assert sum("→" in line for line in lines(findings.draw, report)) == 1
    drawn = lines(findings.draw, report, verbosity=1)
    assert sum("→" in line for line in drawn) == 5
    assert any("seen in o" in line for line in drawn)


def test_a_finding_without_a_fix_says_so() -> None:
    finding = Finding(id="NS-UDP-01", severity=Severity.WARN, title="Odd.", certainty=Certainty.POSSIBLE, evidence=())
    assert lines(findings.draw, scene("healthy", findings=(finding,))) == [
        "! warn  Odd.",
        "        nothing to do · possible · NS-UDP-01",
    ]


def test_undo_gives_way_to_a_single_line() -> None:
    drawn = lines(findings.draw, scene("single-region"))
    assert "          relay's admin · 1 h · certain · NS-REL-07" in drawn
    assert any("undo: take it out" in line for line in lines(findings.draw, scene("single-region"), verbosity=1))


def test_nothing_is_drawn_without_findings() -> None:
    assert lines(findings.draw, scene("healthy")) == []


def test_what_is_true_of_many_sound_networks_is_told_with_v_only() -> None:
    report = scene("no-hairpin")
    assert {finding.id for finding in report.findings if finding.minor} == {"NS-NAT-10", "NS-V6-01"}
    assert lines(findings.draw, report) == []
    assert "NS-NAT-10" in "\n".join(lines(findings.draw, report, verbosity=1))


def test_what_would_tell_more_stands_at_once_only_where_it_tells_two_apart() -> None:
    drawn = " ".join(" ".join(lines(findings.draw, scene("single-relay-silent"))).split())
    assert drawn.count("Would tell") == 1
    assert "Would tell it from NS-REL-02: answers of another relay (natscope netcheck --derp-map" in drawn
    assert "Would tell" not in "\n".join(lines(findings.draw, scene("double-nat-possible")))
    whole = " ".join(" ".join(lines(findings.draw, scene("double-nat-possible"), verbosity=1)).split())
    assert "Would tell more: your router's own outside address (natscope netcheck --full)." in whole


def test_what_is_worth_knowing_only_is_told_apart_from_nothing() -> None:
    both = scene("single-relay-silent").findings
    minor = tuple(msgspec.structs.replace(finding, severity=Severity.INFO) for finding in both)
    assert "Would tell" not in "\n".join(lines(findings.draw, scene("single-relay-silent", findings=minor)))
