"""NS-HOST-03: the system's own routing decides; not looked at is no claim."""

from __future__ import annotations

from natscope.model.finding import Certainty
from tests.diagnosis.judging import claim, found, scene
from tests.diagnosis.surrounded import around, unlooked

ID = "NS-HOST-03"


def test_it_is_certain_and_names_both() -> None:
    finding = found(scene("network-shadowed"))[ID]
    assert finding.certainty is Certainty.CERTAIN
    assert "192.168.1.0/24 of eth0 (by tailscale0)" in finding.detail


def test_no_such_network_and_not_looked_at() -> None:
    assert claim(around("network-shadowed", computer={"shadowed": ()}), ID) is None
    assert claim(around("network-shadowed", computer={"shadowed": None}), ID) is None
    assert claim(unlooked("network-shadowed"), ID) is None
