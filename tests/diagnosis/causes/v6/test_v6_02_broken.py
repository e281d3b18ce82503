"""NS-V6-02: an address without answers; IPv4 in the same run is the control."""

from __future__ import annotations

import msgspec
import pytest

from natscope.model.finding import Certainty
from natscope.model.tri import Tri
from tests.diagnosis.judging import claim, found, scene

ID = "NS-V6-02"


def test_certain_while_ipv4_answers() -> None:
    finding = found(scene("ipv6-broken"))[ID]
    assert finding.certainty is Certainty.CERTAIN
    assert finding.detail == "5 relays asked over IPv6, none answered, while IPv4 works."


def test_only_possible_without_the_control() -> None:
    report = scene("ipv6-broken")
    four = msgspec.structs.replace(report.ipv4, works=Tri.UNKNOWN)
    told = claim(msgspec.structs.replace(report, ipv4=four), ID)
    assert told is not None
    assert told.certainty is Certainty.POSSIBLE


@pytest.mark.parametrize(("works", "state"), [(Tri.UNKNOWN, "unknown"), (Tri.YES, "works"), (Tri.NO, "absent")])
def test_other_states_are_no_claim(works: Tri, state: str) -> None:
    report = scene("ipv6-broken")
    part = msgspec.structs.replace(report.ipv6, works=works, state=state)
    assert claim(msgspec.structs.replace(report, ipv6=part), ID) is None
