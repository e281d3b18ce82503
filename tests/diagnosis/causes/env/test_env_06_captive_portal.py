"""NS-ENV-06: an altered challenge is certain; a right one anywhere contradicts; an unclear one proves nothing."""

from __future__ import annotations

import msgspec

from natscope.model.finding import Certainty
from natscope.model.observation import Observation, Outcome
from natscope.model.tri import Tri
from tests.diagnosis.judging import claim, found, scene, with_observations

ID = "NS-ENV-06"


def test_an_altered_challenge_is_certain() -> None:
    finding = found(scene("captive-portal"))[ID]
    assert finding.certainty is Certainty.CERTAIN
    assert finding.evidence == ("o21",)


def test_without_the_altered_challenge_itself_it_is_only_possible() -> None:
    def unclear(o: Observation) -> Observation:
        return msgspec.structs.replace(o, outcome=Outcome.REFUSED) if o.kind == "captive.challenge" else o

    assert found(with_observations(scene("captive-portal"), unclear))[ID].certainty is Certainty.POSSIBLE


def test_no_and_unknown_are_no_claim() -> None:
    assert claim(scene("captive-portal", captive_portal=Tri.NO), ID) is None
    assert claim(scene("captive-portal", captive_portal=Tri.UNKNOWN), ID) is None
