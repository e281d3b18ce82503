"""NS-NAT-18: a fresh port is answered beside a silent one; an answer to the old one contradicts."""

from __future__ import annotations

from natscope.model.finding import Certainty
from natscope.model.observation import Observation
from tests.diagnosis.judging import claim, found, scene, with_observations

ID = "NS-NAT-18"


def changed(**data: object) -> object:
    def change(observation: Observation) -> Observation:
        if observation.kind == "udp.fresh-port":
            observation.data.update(data)
        return observation

    return claim(with_observations(scene("stale-port"), change), ID)


def test_the_difference_is_likely_the_ports() -> None:
    findings = found(scene("stale-port"))
    assert findings[ID].certainty is Certainty.LIKELY
    assert "NS-UDP-01" not in findings
    assert "NS-REL-02" not in findings


def test_an_answer_to_the_old_port_is_an_outage_that_has_ended() -> None:
    assert changed(old_answered=1) is None


def test_too_few_requests_from_the_old_port() -> None:
    assert changed(old_tries=1) is None


def test_not_tried_is_no_claim() -> None:
    assert claim(scene("udp-blocked"), ID) is None
