"""NS-NAT-10: calls that get lost beside controls; a packet that came round contradicts; not asked is no claim."""

from __future__ import annotations

from natscope.model.finding import Certainty, Severity
from natscope.model.tri import Tri
from tests.diagnosis.judging import claim, found, scene
from tests.reports.nat_scenes import with_nat

ID = "NS-NAT-10"


def test_it_is_worth_knowing_and_no_fault() -> None:
    finding = found(scene("no-hairpin"))[ID]
    assert (finding.certainty, finding.severity) == (Certainty.CERTAIN, Severity.INFO)
    assert finding.fixes[0].effort == "E1"
    assert finding.minor


def test_a_router_that_turns_packets_round() -> None:
    assert claim(with_nat(scene("no-hairpin"), hairpinning=Tri.YES), ID) is None


def test_not_asked_is_no_claim() -> None:
    assert claim(scene("healthy"), ID) is None
