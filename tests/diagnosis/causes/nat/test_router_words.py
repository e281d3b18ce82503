"""What a router says of itself: the first field that matches, cut to a readable length, a fingerprint."""

from __future__ import annotations

import re

from natscope.diagnosis.cause import Strength
from natscope.diagnosis.causes.nat.router_words import is_asked, named
from natscope.diagnosis.facts import Facts
from natscope.model.observation import Observation, Outcome
from tests.diagnosis.judging import scene, with_observations


def test_a_name_is_a_fingerprint() -> None:
    facts = Facts(scene("random-source-port"))
    ground = named(facts, re.compile("freebsd", re.IGNORECASE))
    assert ground is not None
    assert (ground.strength, len(ground.evidence)) == (Strength.FINGERPRINT, 1)
    assert named(facts, re.compile("mikrotik")) is None
    assert is_asked(facts)
    assert not is_asked(Facts(scene("healthy")))


def test_hostile_names_are_cut_and_other_types_skipped() -> None:
    def change(observation: Observation) -> Observation:
        if observation.kind != "portmap.service":
            return observation
        return Observation(id=observation.id, kind=observation.kind, probe="p", outcome=Outcome.ANSWERED,
                           data={"name": 7, "model": "pfSense" + "x" * 900})  # fmt: skip

    ground = named(Facts(with_observations(scene("random-source-port"), change)), re.compile("pfSense"))
    assert ground is not None
    assert len(ground.says) < 80
