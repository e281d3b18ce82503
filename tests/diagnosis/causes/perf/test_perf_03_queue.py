"""NS-PERF-03: each train that comes back late is a fact; a slow train alone says nothing."""

from __future__ import annotations

from natscope.model.finding import Certainty
from natscope.model.observation import Observation
from tests.diagnosis.judging import claim, found, scene, with_observations

ID = "NS-PERF-03"


def test_two_late_trains_make_it_likely() -> None:
    finding = found(scene("queue-fills"))[ID]
    assert finding.certainty is Certainty.LIKELY
    assert "380 ms" in finding.detail


def test_one_makes_it_possible() -> None:
    report = with_observations(scene("queue-fills"), lambda o: None if o.data.get("rate") == 250 else o)
    one = claim(report, ID)
    assert one is not None
    assert one.certainty is Certainty.POSSIBLE


def test_trains_that_come_back_in_time() -> None:
    def change(observation: Observation) -> Observation:
        if observation.kind == "udp.train":
            observation.data["parts"] = [[n * 125.0, 12, 12, 12, 20.0 + 4 * n] for n in range(8)]
        return observation

    assert claim(with_observations(scene("queue-fills"), change), ID) is None


def test_no_helper_is_no_claim() -> None:
    assert claim(scene("healthy"), ID) is None
