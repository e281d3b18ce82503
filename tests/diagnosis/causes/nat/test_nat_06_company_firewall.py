"""NS-NAT-06: symmetric, and a maker of firewalls; never more than possible."""

from __future__ import annotations

from natscope.model.finding import Certainty
from natscope.model.tri import Tri
from tests.diagnosis.judging import claim, found, scene
from tests.diagnosis.surrounded import around
from tests.reports.nat_scenes import with_nat

ID = "NS-NAT-06"


def test_a_maker_is_never_more_than_possible() -> None:
    finding = found(scene("company-firewall"))[ID]
    assert finding.certainty is Certainty.POSSIBLE
    assert "Fortinet" in finding.detail


def test_other_makers_none_and_one_port_for_all() -> None:
    assert claim(around("company-firewall", computer={"gateway_makers": ("aa:bb:cc",)}), ID) is None
    assert claim(around("company-firewall", computer={"gateway_makers": ()}), ID) is None
    assert claim(with_nat(scene("company-firewall"), mapping_varies=Tri.NO), ID) is None
