"""NS-UDP-03: other UDP comes back from a port whose STUN does not; an answer over STUN contradicts."""

from __future__ import annotations

import msgspec

from natscope.model.finding import Certainty
from natscope.model.report import Report
from natscope.model.report_path import UdpShapeReport
from natscope.model.tri import Tri
from tests.diagnosis.judging import claim, found, scene

ID = "NS-UDP-03"


def shaped(name: str, **passes: Tri) -> Report:
    report = scene(name)
    shapes = tuple(UdpShapeReport(shape=shape, passes=state) for shape, state in passes.items())
    return msgspec.structs.replace(report, path=msgspec.structs.replace(report.path, udp_shapes=shapes))


def test_the_control_makes_it_certain_and_hides_guesses() -> None:
    findings = found(scene("stun-filtered"))
    assert findings[ID].certainty is Certainty.CERTAIN
    assert not {"NS-UDP-01", "NS-REL-02"} & set(findings)


def test_without_its_control_it_is_no_claim() -> None:
    assert claim(shaped("stun-filtered", stun=Tri.UNKNOWN, opaque=Tri.UNKNOWN), ID) is None
    assert claim(shaped("stun-filtered", stun=Tri.UNKNOWN, opaque=Tri.YES), ID) is None
    assert claim(shaped("stun-filtered", stun=Tri.NO, opaque=Tri.NO), ID) is None


def test_an_answer_over_stun_contradicts() -> None:
    assert claim(shaped("healthy", stun=Tri.NO, opaque=Tri.YES), ID) is None
