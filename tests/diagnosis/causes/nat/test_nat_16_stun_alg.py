"""NS-NAT-16: two forms of one address that differ; equal ones contradict; answers without both are no claim."""

from __future__ import annotations

from natscope.model.finding import Certainty, Severity
from natscope.model.tri import Tri
from tests.diagnosis.judging import claim, found, scene
from tests.reports.nat_scenes import with_nat

ID = "NS-NAT-16"


def test_both_forms_are_told() -> None:
    finding = found(scene("stun-edited"))[ID]
    assert (finding.certainty, finding.severity) == (Certainty.CERTAIN, Severity.WARN)
    assert finding.detail == "The relay's answer said 192.168.1.20:31000, and scrambled 203.0.113.24:31000."


def test_equal_forms_and_missing_ones() -> None:
    assert claim(with_nat(scene("stun-edited"), stun_alg=Tri.NO), ID) is None
    assert claim(scene("healthy"), ID) is None
