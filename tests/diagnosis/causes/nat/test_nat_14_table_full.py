"""NS-NAT-14: this computer's own table decides; new sockets beside each other make it possible."""

from __future__ import annotations

import pytest

from natscope.model.finding import Certainty
from natscope.model.observation import Observation
from tests.diagnosis.judging import claim, found, scene, with_observations
from tests.diagnosis.surrounded import around

ID = "NS-NAT-14"


def test_the_own_table_is_certain_and_has_its_own_fix() -> None:
    finding = found(scene("table-full"))[ID]
    assert finding.certainty is Certainty.CERTAIN
    assert finding.title.startswith("This computer's own table")
    assert [fix.do[:5] for fix in finding.fixes] == ["Raise"]


def test_silent_new_sockets_are_no_more_than_possible() -> None:
    finding = found(scene("new-sockets-silent"))[ID]
    assert finding.certainty is Certainty.POSSIBLE
    assert "9 of 16" in finding.detail


@pytest.mark.parametrize("changes", [{"conntrack_count": 40_000}, {"conntrack_max": 0}, {"conntrack_count": None}])
def test_a_table_with_room(changes: dict[str, int | None]) -> None:
    assert claim(around("table-full", computer=changes), ID) is None


def kept(tries: int, silent: int) -> object:
    """The scene with so many silent sockets, each tried so often."""
    left = [silent]

    def change(observation: Observation) -> Observation | None:
        if observation.kind == "nat.port" and "mapped" not in observation.data:
            left[0] -= 1
            observation.data["tries"] = tries
            return observation if left[0] >= 0 else None
        return observation

    return claim(with_observations(scene("new-sockets-silent"), change), ID)


def test_a_few_losses_are_none() -> None:
    assert kept(4, 9) is not None
    assert kept(4, 3) is None
    assert kept(2, 9) is None


def test_no_answer_at_all_is_another_matter() -> None:
    report = with_observations(
        scene("new-sockets-silent"), lambda o: None if o.kind == "nat.port" and "mapped" in o.data else o
    )
    assert claim(report, ID) is None
