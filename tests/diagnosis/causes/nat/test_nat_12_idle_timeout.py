"""NS-NAT-12: an end below the keep-alive fails, one just above it warns, a longer or an unknown one is no claim."""

from __future__ import annotations

import pytest

from natscope.model.finding import Certainty, Severity
from tests.diagnosis.judging import claim, found, scene
from tests.reports.nat_scenes import with_nat

ID = "NS-NAT-12"


@pytest.mark.parametrize(
    ("seconds", "severity"),
    [(20.0, Severity.FAIL), (25.0, Severity.FAIL), (28.5, Severity.WARN), (30.0, Severity.WARN)],
)
def test_the_end_decides(seconds: float, severity: Severity) -> None:
    finding = found(with_nat(scene("lifetime-short"), mapping_lifetime_s=seconds))[ID]
    assert (finding.certainty, finding.severity) == (Certainty.CERTAIN, severity)
    assert f"{seconds:g} s" in finding.detail


@pytest.mark.parametrize("seconds", [31.0, 120.0])
def test_a_longer_life_is_fine(seconds: float) -> None:
    assert claim(with_nat(scene("lifetime-short"), mapping_lifetime_s=seconds), ID) is None


def test_a_lower_bound_is_no_end() -> None:
    report = with_nat(scene("lifetime-short"), mapping_lifetime_s=None, mapping_lifetime_at_least_s=12.0)
    assert claim(report, ID) is None
    assert claim(scene("lifetime-long"), ID) is None


def test_it_cites_the_silent_tests() -> None:
    report = scene("lifetime-short")
    kinds = {o.id: o.data.get("test") for o in report.observations if o.kind == "nat.lifetime"}
    assert {kinds[name] for name in found(report)[ID].evidence} == {"silent"}
