"""NS-V6-03: a short memory of the IPv6 firewall, whatever the NAT beside it does."""

from __future__ import annotations

from natscope.model.finding import Certainty
from tests.diagnosis.judging import claim, found, scene
from tests.reports.nat_scenes import with_nat

ID = "NS-V6-03"


def test_an_end_that_was_seen_is_certain() -> None:
    findings = found(scene("ipv6-short-silence"))
    assert findings[ID].certainty is Certainty.CERTAIN
    assert len(findings[ID].evidence) == 3
    assert "NS-NAT-12" not in findings


def test_long_enough_and_not_known_are_no_claim() -> None:
    report = scene("ipv6-short-silence")
    assert claim(with_nat(report, 6, mapping_lifetime_s=31.0), ID) is None
    assert claim(with_nat(report, 6, mapping_lifetime_s=None), ID) is None
    assert claim(with_nat(report, 6, mapping_lifetime_s=None, mapping_lifetime_at_least_s=75.0), ID) is None


def test_the_other_family_is_another_matter() -> None:
    assert claim(scene("lifetime-short"), ID) is None
