"""NS-ENV-07: silence on the chosen interface beside answers by another one is certain; one answer contradicts."""

from __future__ import annotations

from natscope.diagnosis.engine import diagnose
from natscope.model.finding import Certainty
from natscope.model.tri import Tri
from tests.diagnosis.judging import claim, found
from tests.diagnosis.surrounded import around, unlooked

ID = "NS-ENV-07"


def test_certain_beside_the_working_one_and_the_verdict_says_so() -> None:
    report = diagnose(around("wrong-interface"))
    finding = next(f for f in report.findings if f.id == ID)
    assert finding.certainty is Certainty.CERTAIN
    assert finding.detail == "The system sends by eth0, where nothing answers; wlan0 works."
    assert report.verdict.reasons == (ID,)


def test_a_link_local_source_alone_is_possible() -> None:
    report = around("wrong-interface", uplinks=(), way={"source": "169.254.7.1"})
    assert found(report)[ID].certainty is Certainty.POSSIBLE
    assert claim(around("wrong-interface", uplinks=()), ID) is None


def test_answers_by_the_chosen_interface_contradict() -> None:
    assert claim(around("two-uplinks"), ID) is None


def test_silence_on_both_is_no_claim() -> None:
    assert claim(around("wrong-interface", uplink={"answers": Tri.NO}), ID) is None
    assert claim(around("wrong-interface", uplink={"answers": Tri.UNKNOWN}), ID) is None
    assert claim(unlooked("wrong-interface"), ID) is None
