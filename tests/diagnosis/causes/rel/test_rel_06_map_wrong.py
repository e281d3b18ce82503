"""NS-REL-06: errors are a warning with their places, mere advice is worth knowing."""

from __future__ import annotations

import msgspec

from natscope.model.finding import Certainty, Severity
from natscope.model.report import Report
from tests.diagnosis.judging import found, scene

ID = "NS-REL-06"


def only(severity: str, times: int = 1) -> Report:
    report = scene("map-problems")
    problems = tuple(p for p in report.relay_map.problems if p.severity == severity) * times
    return msgspec.structs.replace(report, relay_map=msgspec.structs.replace(report.relay_map, problems=problems))


def test_errors_name_their_places() -> None:
    finding = found(scene("map-problems"))[ID]
    assert (finding.certainty, finding.severity) == (Certainty.CERTAIN, Severity.WARN)
    assert finding.title == "The relay map has 1 error; those parts were left out."
    assert finding.detail.startswith("$.regions.901.nodes[0].hostname (line 14): https://relay.example.net/ is a URL")
    assert "Write: relay.example.net." in finding.detail


def test_advice_is_worth_knowing() -> None:
    finding = found(only("warning"))[ID]
    assert finding.severity is Severity.INFO
    assert finding.title == "The relay map can be used, but is unwise in 1 place."


def test_many_errors_are_counted_not_listed() -> None:
    assert found(only("error", times=40))[ID].detail.endswith("And 38 others.")
