"""NS-NAT-13: an age at which used mappings end; mappings that grew old contradict; not watched is no claim."""

from __future__ import annotations

from natscope.model.finding import Certainty, Severity
from tests.diagnosis.judging import claim, found, scene
from tests.reports.nat_scenes import with_nat

ID = "NS-NAT-13"


def test_the_age_is_told() -> None:
    finding = found(scene("lifetime-absolute"))[ID]
    assert (finding.certainty, finding.severity) == (Certainty.CERTAIN, Severity.WARN)
    assert "60 s" in finding.detail


def test_it_cites_the_tests_of_used_mappings() -> None:
    report = scene("lifetime-absolute")
    kinds = {o.id: o.data.get("test") for o in report.observations if o.kind == "nat.lifetime"}
    assert {kinds[name] for name in found(report)[ID].evidence} == {"kept"}


def test_no_claim() -> None:
    assert claim(scene("lifetime-long"), ID) is None
    assert claim(scene("healthy"), ID) is None
    both = with_nat(scene("lifetime-absolute"), absolute_lifetime_s=None, absolute_lifetime_at_least_s=75.0)
    assert claim(both, ID) is None
