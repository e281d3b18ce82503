"""NS-NAT-17: a row of this computer's table; one that may not be read is no claim."""

from __future__ import annotations

from natscope.model.finding import Certainty
from natscope.model.report_surroundings import StuckFlow
from tests.diagnosis.judging import claim, found, scene
from tests.diagnosis.surrounded import around

ID = "NS-NAT-17"


def test_a_row_is_certain_and_named() -> None:
    finding = found(scene("stuck-flow"))[ID]
    assert finding.certainty is Certainty.CERTAIN
    assert finding.detail == "198.51.100.90:41641 sees port 1024 in place of 41641."


def test_several_rows() -> None:
    rows = tuple(StuckFlow(port=41641, peer=f"198.51.100.{n}:41641", wire_port=1024 + n) for n in range(3))
    several = claim(around("stuck-flow", computer={"stuck_flows": rows}), ID)
    assert several is not None
    assert "and 2 other flows" in several.support.detail


def test_none_and_not_read() -> None:
    assert claim(around("stuck-flow", computer={"stuck_flows": ()}), ID) is None
    assert claim(around("stuck-flow", computer={"stuck_flows": None}), ID) is None
