"""NS-ENV-10: a machine in a cloud, ports that stay, an unasked packet that is missing; the own firewall explains it."""

from __future__ import annotations

from natscope.model.finding import Certainty
from natscope.model.nat import Filtering
from natscope.model.tri import Tri
from tests.diagnosis.judging import claim, found, scene
from tests.diagnosis.surrounded import around, unlooked
from tests.reports.nat_scenes import with_nat

ID = "NS-ENV-10"


def test_three_facts_make_it_likely() -> None:
    finding = found(scene("cloud-machine"))[ID]
    assert finding.certainty is Certainty.LIKELY
    assert "AWS" in finding.detail
    assert "203.0.113.80" in finding.detail


def test_without_each_of_them_it_is_no_claim() -> None:
    report = scene("cloud-machine")
    assert claim(unlooked("cloud-machine"), ID) is None
    assert claim(around("cloud-machine", computer={"cloud": ""}), ID) is None
    assert claim(with_nat(report, port_preservation=Tri.NO), ID) is None
    for filtering in (Filtering.UNKNOWN, Filtering.ENDPOINT_INDEPENDENT):
        assert claim(with_nat(report, filtering=filtering), ID) is None


def test_a_rule_of_this_computer_explains_it() -> None:
    assert claim(around("cloud-machine", firewall={"unasked": "drop"}), ID) is None
