"""NS-UDP-08: everything after the call gets lost; one answer contradicts, a few requests say nothing."""

from __future__ import annotations

import msgspec
import pytest

from natscope.model.finding import Certainty
from natscope.model.observation import Observation
from tests.diagnosis.judging import claim, found, scene, with_observations

ID = "NS-UDP-08"


def test_it_is_no_more_than_possible() -> None:
    finding = found(scene("taken-for-attack"))[ID]
    assert finding.certainty is Certainty.POSSIBLE
    assert "--hairpin" in finding.fixes[0].do


@pytest.mark.parametrize("data", [{"controls_answered": 1}, {"controls": 5}, {"controls": None}])
def test_what_says_nothing(data: dict[str, object]) -> None:
    def change(observation: Observation) -> Observation:
        if observation.kind == "nat.hairpin":
            observation.data.update(data)
        return observation

    assert claim(with_observations(scene("taken-for-attack"), change), ID) is None


@pytest.mark.parametrize(("data", "told"), [({}, True), ({"after_answered": 1}, False), ({"after": 5}, False)])
def test_the_call_that_ends_at_the_first_router_counts_too(data: dict[str, object], told: bool) -> None:
    def change(observation: Observation) -> Observation:
        if observation.kind != "nat.hairpin":
            return observation
        seen = {"after": 6, "after_answered": 0} | data
        return msgspec.structs.replace(observation, kind="path.own-address", data=seen)

    assert (claim(with_observations(scene("taken-for-attack"), change), ID) is not None) is told


def test_not_asked_is_no_claim() -> None:
    assert claim(scene("healthy"), ID) is None
