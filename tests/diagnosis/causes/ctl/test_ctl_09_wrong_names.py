"""NS-CTL-09: what name servers get wrong, the worst first."""

from __future__ import annotations

from typing import Any

import msgspec

from natscope.model.finding import Certainty, Severity
from natscope.model.report import Report
from natscope.model.tri import Tri
from tests.diagnosis.judging import claim, found, scene

ID = "NS-CTL-09"


def with_names(name: str, **changes: Any) -> Report:
    report = scene(name)
    assert report.dns is not None
    return msgspec.structs.replace(report, dns=msgspec.structs.replace(report.dns, **changes))


def test_invented_names_are_a_warning() -> None:
    finding = found(scene("names-invented"))[ID]
    assert (finding.certainty, finding.severity) == (Certainty.CERTAIN, Severity.WARN)
    assert finding.title == "The name server invents an address for names that do not exist."
    assert finding.detail == "Names that do not exist are said to be at 203.0.113.99."


def test_forged_relays_are_a_failure_and_come_first() -> None:
    finding = found(scene("names-forged"))[ID]
    assert finding.severity is Severity.FAIL
    assert finding.title == "The name server leads relays' names astray."
    assert "198.18.0.7" in finding.detail
    assert "Any name below corp.example has an address." in finding.detail


def test_ipv6_kept_back_is_worth_knowing() -> None:
    finding = found(with_names("names-invented", invented=Tri.NO, ipv6_withheld=Tri.YES))[ID]
    assert (finding.severity, finding.detail) == (Severity.INFO, "")


def test_a_search_domain_has_its_own_fix() -> None:
    only = with_names("names-invented", invented=Tri.NO, search_trap=Tri.YES, search_traps=("corp.example",))
    finding = found(only)[ID]
    assert [fix.do.split()[0] for fix in finding.fixes] == ["Take"]


def test_answers_that_only_differ_are_nothing() -> None:
    assert claim(with_names("names-invented", invented=Tri.NO, differ=Tri.YES), ID) is None


def test_without_a_look_nothing_is_claimed() -> None:
    assert claim(scene("healthy", dns=None), ID) is None
