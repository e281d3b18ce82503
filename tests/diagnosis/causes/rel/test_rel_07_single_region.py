"""NS-REL-07: counted in the map in use."""

from __future__ import annotations

import msgspec
import pytest

from natscope.model.finding import Certainty, Severity
from tests.diagnosis.judging import claim, found, scene

ID = "NS-REL-07"


def test_one_region_is_a_warning() -> None:
    finding = found(scene("single-region"))[ID]
    assert (finding.certainty, finding.severity, finding.evidence) == (Certainty.CERTAIN, Severity.WARN, ("o1",))


@pytest.mark.parametrize("regions", [0, 2])
def test_no_map_and_a_larger_one_are_no_claim(regions: int) -> None:
    report = scene("single-region")
    the_map = msgspec.structs.replace(report.relay_map, regions=regions)
    assert claim(msgspec.structs.replace(report, relay_map=the_map), ID) is None


def test_a_second_measured_region_contradicts() -> None:
    report = scene("dead-relay")
    the_map = msgspec.structs.replace(report.relay_map, regions=1)
    assert claim(msgspec.structs.replace(report, relay_map=the_map), ID) is None
