"""NS-HOST-02: a counter that grew beside a missing answer is certain; rule and use are likely; one alone is nothing."""

from __future__ import annotations

from natscope.model.finding import Certainty, Severity
from natscope.model.tri import Tri
from tests.diagnosis.judging import claim, found
from tests.diagnosis.surrounded import around, unlooked

ID = "NS-HOST-02"


def test_the_packet_that_was_eaten_is_named() -> None:
    finding = found(around("shared-space-eaten"))[ID]
    assert (finding.certainty, finding.severity) == (Certainty.CERTAIN, Severity.FAIL)
    assert "eats the answers of 100.64.10.1" in finding.title
    assert "chain ts-input" in finding.detail
    assert "dropped 1 packet while 100.64.10.1 was asked" in finding.detail


def test_rule_and_use_are_likely() -> None:
    finding = found(around("shared-space-dropped"))[ID]
    assert (finding.certainty, finding.severity) == (Certainty.LIKELY, Severity.WARN)
    assert "gateway 100.64.10.1" in finding.detail


def test_without_rule_use_or_knowledge_there_is_no_claim() -> None:
    assert claim(around("shared-space"), ID) is None
    for change in ({"dropped": Tri.NO}, {"dropped": Tri.UNKNOWN}, {"used": Tri.NO}, {"used": Tri.UNKNOWN}):
        assert claim(around("shared-space-dropped", shared_space=change), ID) is None
    assert claim(unlooked("shared-space-dropped"), ID) is None


def test_answers_from_everything_that_was_asked_contradict() -> None:
    assert claim(around("shared-space-dropped", shared_space={"eaten": Tri.NO}), ID) is None
