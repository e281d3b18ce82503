"""NS-ENV-11: a cloud's machine without a public address whose port differs by peer."""

from __future__ import annotations

from natscope.model.finding import Certainty
from natscope.model.tri import Tri
from tests.diagnosis.judging import claim, found, scene
from tests.diagnosis.surrounded import around, unlooked
from tests.reports.nat_scenes import with_nat

ID = "NS-ENV-11"


def test_two_facts_make_it_likely() -> None:
    finding = found(scene("cloud-gateway"))[ID]
    assert finding.certainty is Certainty.LIKELY
    assert "public address" in finding.fixes[0].do


def test_without_each_of_them_it_is_no_claim() -> None:
    report = scene("cloud-gateway")
    assert claim(unlooked("cloud-gateway"), ID) is None
    assert claim(around("cloud-gateway", computer={"cloud": ""}), ID) is None
    assert claim(with_nat(report, mapping_varies=Tri.UNKNOWN), ID) is None
    assert claim(with_nat(report, several_addresses=Tri.YES), ID) is None
