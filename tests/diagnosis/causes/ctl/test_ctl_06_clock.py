"""NS-CTL-06: several relays against our clock; one relay against all others."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from natscope.diagnosis.causes.ctl.ctl_06_clock import amount
from natscope.model.finding import Certainty, Severity
from natscope.model.report import Report
from natscope.model.tri import Tri
from tests.diagnosis.judging import claim, found, scene

ID = "NS-CTL-06"


def with_clock(**changes: Any) -> Report:
    report = scene("clock-wrong")
    assert report.web is not None
    return msgspec.structs.replace(report, web=msgspec.structs.replace(report.web, **changes))


def test_a_week_is_a_failure_and_hides_certificates() -> None:
    findings = found(scene("clock-wrong"))
    finding = findings[ID]
    assert (finding.certainty, finding.severity) == (Certainty.CERTAIN, Severity.FAIL)
    assert finding.detail == "It is 7 days behind the time that several relays tell."
    assert finding.hides == ("relays' certificates",)
    assert "NS-REL-01" not in findings


def test_minutes_are_a_warning_and_hide_nothing() -> None:
    findings = found(with_clock(clock_off_s=-300.0))
    assert findings[ID].severity is Severity.WARN
    assert findings[ID].detail == "It is 5 minutes ahead of the time that several relays tell."
    assert "NS-REL-01" in findings


def test_a_relays_own_clock() -> None:
    finding = found(with_clock(clock=Tri.YES, clock_off_s=0.1, wrong_clocks=("2a",)))[ID]
    assert (finding.title, finding.severity) == ("The clock of relay 2a is wrong.", Severity.INFO)


def test_unknown_and_right_clocks_are_nothing() -> None:
    assert claim(with_clock(clock=Tri.UNKNOWN), ID) is None
    assert claim(with_clock(clock=Tri.YES, clock_off_s=0.1), ID) is None
    assert claim(scene("healthy", web=None), ID) is None


@pytest.mark.parametrize(
    ("seconds", "words"), [(40.4, "40 seconds"), (60.0, "1 minute"), (7300.0, "2 hours"), (946_080_000.0, "30 years")]
)
def test_amounts(seconds: float, words: str) -> None:
    assert amount(seconds) == words
