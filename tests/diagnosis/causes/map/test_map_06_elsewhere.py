"""NS-MAP-06: answers from another address, or late."""

from __future__ import annotations

from natscope.diagnosis.causes.map.map_06_elsewhere import LATE_TITLE
from natscope.model.finding import Certainty
from tests.diagnosis.judging import claim, found, scene

ID = "NS-MAP-06"


def test_another_address_is_named() -> None:
    finding = found(scene("mapping-elsewhere"))[ID]
    assert finding.certainty is Certainty.CERTAIN
    assert "192.168.1.2:5351" in finding.detail
    assert finding.title != LATE_TITLE


def test_late_answers_are_told_with_their_time() -> None:
    finding = found(scene("mapping-late"))[ID]
    assert finding.title == LATE_TITLE
    assert "NAT-PMP took 0.8 s" in finding.detail


def test_quick_answers_of_the_gateway_are_no_claim() -> None:
    assert claim(scene("mapping-proved"), ID) is None
    assert claim(scene("no-port-mapping"), ID) is None
