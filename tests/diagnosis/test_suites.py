"""What a report says about suites: names once each, cut, and nothing where nobody looked."""

from __future__ import annotations

from typing import Any

import msgspec

from natscope.diagnosis.facts import Facts
from natscope.diagnosis.suites import seen_suites
from natscope.model.observation import Observation
from tests.diagnosis.judging import scene, with_observations


def told(suites: Any) -> dict[str, tuple[str, str]] | None:
    def change(observation: Observation) -> Observation:
        if observation.kind != "host.system":
            return observation
        return msgspec.structs.replace(observation, data=observation.data | {"suites": suites})

    return seen_suites(Facts(with_observations(scene("suite-idle"), change)))


def test_each_name_stands_once_in_order() -> None:
    two = [{"name": "ESET", "sign": "b"}, {"name": "AVG", "sign": "a"}, {"name": "ESET", "sign": "c"}]
    found = told(two)
    assert found is not None
    assert [(name, sign) for name, (sign, _) in found.items()] == [("AVG", "a"), ("ESET", "b")]


def test_what_nobody_looked_at_is_unknown() -> None:
    assert told(None) is None
    assert seen_suites(Facts(scene("healthy"))) is None
    assert told([]) == {}


def test_strange_data_is_left_out_and_long_names_are_cut() -> None:
    assert told(["x", {"sign": "y"}, 7]) == {}
    [name] = told([{"name": "n" * 200}]) or {}
    assert len(name) == 40
