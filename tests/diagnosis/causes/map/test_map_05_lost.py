"""NS-MAP-05: a router's clock that fell back."""

from __future__ import annotations

import msgspec

from natscope.model.finding import Certainty
from natscope.model.observation import Observation
from tests.diagnosis.judging import claim, found, scene, with_observations

ID = "NS-MAP-05"


def test_a_clock_that_fell_is_certain() -> None:
    finding = found(scene("mapping-lost"))[ID]
    assert finding.certainty is Certainty.CERTAIN
    [told] = [o.id for o in scene("mapping-lost").observations if o.kind == "portmap.map"]
    assert finding.evidence == (told,)


def test_a_clock_that_goes_on_is_no_claim() -> None:
    def sound(observation: Observation) -> Observation:
        return msgspec.structs.replace(observation, data=observation.data | {"restarted": False})

    assert claim(with_observations(scene("mapping-lost"), sound), ID) is None
