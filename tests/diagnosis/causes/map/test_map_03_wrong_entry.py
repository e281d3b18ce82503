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
    assert finding.title.endswith("but its table sends it to another computer.")


@pytest.mark.parametrize(
    "difference",
    ["it leads to port 1 instead of 41641", "it leads to nobody instead of 192.168.1.20", "it is not enabled"],
)
def test_another_computer_is_named_only_where_the_table_has_one(difference: str) -> None:
    def changed(observation: Observation) -> Observation:
        data = observation.data
        return msgspec.structs.replace(
            observation, data=data | {"differences": [difference]} if data.get("read_back") else data
        )

    finding = found(with_observations(scene("mapping-wrong-entry"), changed))[ID]
    assert finding.title == "The router confirmed an open port, but its own table says something else."


def test_it_says_why_nothing_comes_in_but_for_its_own_protocol_only() -> None:
    report = scene("mapping-wrong-entry")
    assert claim(report, "NS-MAP-02") is not None
    assert "NS-MAP-02" not in found(report)
    group = report.port_mapping
    by_pcp = msgspec.structs.replace(group, pcp=group.upnp)
    assert {"NS-MAP-02", ID} <= set(found(msgspec.structs.replace(report, port_mapping=by_pcp)))


@pytest.mark.parametrize("change", [{"differences": []}, {"read_back": False}])
def test_a_right_entry_or_none_is_no_claim(change: dict[str, Any]) -> None:
    def changed(observation: Observation) -> Observation:
        return msgspec.structs.replace(observation, data=observation.data | change)

    assert claim(with_observations(scene("mapping-wrong-entry"), changed), ID) is None
