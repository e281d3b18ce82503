"""NS-MAP-03: the router's own table against what it was asked for."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from natscope.model.finding import Certainty
from natscope.model.observation import Observation
from tests.diagnosis.judging import claim, found, scene, with_observations

ID = "NS-MAP-03"


def test_a_wrong_entry_is_certain_and_told_in_words() -> None:
    finding = found(scene("mapping-wrong-entry"))[ID]
    assert finding.certainty is Certainty.CERTAIN
    assert "192.168.1.99" in finding.detail


@pytest.mark.parametrize("change", [{"differences": []}, {"read_back": False}])
def test_a_right_entry_or_none_is_no_claim(change: dict[str, Any]) -> None:
    def changed(observation: Observation) -> Observation:
        return msgspec.structs.replace(observation, data=observation.data | change)

    assert claim(with_observations(scene("mapping-wrong-entry"), changed), ID) is None
