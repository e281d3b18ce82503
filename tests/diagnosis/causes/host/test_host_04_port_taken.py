"""NS-HOST-04: the system refused the port."""

from __future__ import annotations

from natscope.model.finding import Certainty
from natscope.model.observation import Observation, Outcome
from tests.diagnosis.judging import claim, found, scene, with_observations

ID = "NS-HOST-04"


def test_the_refusal_is_certain() -> None:
    finding = found(scene("port-taken"))[ID]
    assert finding.certainty is Certainty.CERTAIN
    assert len(finding.evidence) == 2


def test_another_refusal_is_another_matter() -> None:
    def change(observation: Observation) -> Observation:
        if observation.kind != "udp.socket":
            return observation
        return Observation(id=observation.id, kind="udp.socket", probe="stun", outcome=Outcome.LOCAL_ERROR,
                           error="permission")  # fmt: skip

    assert claim(with_observations(scene("port-taken"), change), ID) is None
    assert claim(scene("healthy"), ID) is None
