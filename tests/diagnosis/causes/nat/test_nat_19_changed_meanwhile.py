"""NS-NAT-19: one server saw two endpoints of one socket."""

from __future__ import annotations

from natscope.model.finding import Certainty
from natscope.model.tri import Tri
from tests.diagnosis.judging import claim, found, scene
from tests.reports.nat_scenes import with_nat

ID = "NS-NAT-19"


def test_a_change_is_certain_and_names_both_addresses() -> None:
    finding = found(scene("changed-meanwhile"))[ID]
    assert finding.certainty is Certainty.CERTAIN
    assert "203.0.113.24:41641" in finding.detail
    assert "198.51.100.88:41641" in finding.detail


def test_no_change_and_not_known_are_no_claim() -> None:
    assert claim(with_nat(scene("changed-meanwhile"), address_changed=Tri.NO), ID) is None
    assert claim(with_nat(scene("changed-meanwhile"), address_changed=Tri.UNKNOWN), ID) is None


def test_ipv6_counts_too() -> None:
    report = with_nat(scene("healthy"), 6, address_changed=Tri.YES)
    assert claim(report, ID) is not None
