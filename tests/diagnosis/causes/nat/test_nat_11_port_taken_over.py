"""NS-NAT-11: one public port for two devices; ports of their own contradict; one address cannot tell."""

from __future__ import annotations

import pytest

from natscope.model.finding import Certainty, Severity
from natscope.model.nat import PortCollision
from tests.diagnosis.judging import claim, found, scene
from tests.reports.nat_scenes import with_nat

ID = "NS-NAT-11"


def test_the_second_takes_it() -> None:
    finding = found(scene("port-taken-over"))[ID]
    assert (finding.certainty, finding.severity) == (Certainty.CERTAIN, Severity.WARN)
    assert finding.evidence


@pytest.mark.parametrize("collision", [PortCollision.SEPARATE, PortCollision.SHARED, PortCollision.UNKNOWN])
def test_no_claim(collision: PortCollision) -> None:
    assert claim(with_nat(scene("port-taken-over"), port_collision=collision), ID) is None
