"""NS-UDP-02: an open port beside a closed one; then it is not all of UDP."""

from __future__ import annotations

import msgspec

from natscope.model.finding import Certainty
from natscope.model.tri import Tri
from tests.diagnosis.judging import claim, found, scene

ID = "NS-UDP-02"


def test_other_ports_that_answer_are_certain_and_not_all_of_udp_is_blocked() -> None:
    findings = found(scene("udp-other-ports"))
    assert findings[ID].certainty is Certainty.CERTAIN
    assert findings[ID].detail.startswith("UDP to port 53 and 443 comes back, to port 3478")
    assert "NS-UDP-01" not in findings


def test_without_an_open_or_a_closed_port_there_is_no_claim() -> None:
    report = scene("udp-other-ports")
    for state in (Tri.YES, Tri.NO):
        kept = tuple(port for port in report.path.udp_ports if port.open is state)
        path = msgspec.structs.replace(report.path, udp_ports=kept)
        assert claim(msgspec.structs.replace(report, path=path), ID) is None


def test_an_answer_on_the_usual_port_contradicts() -> None:
    assert claim(msgspec.structs.replace(scene("udp-other-ports"), udp=Tri.YES), ID) is None
