"""NS-NAT-09: an address that comes back proves that several are in use side by side."""

from __future__ import annotations

import msgspec

from natscope.model.finding import Certainty
from natscope.model.observation import Observation
from natscope.model.report import SeenEndpoint
from natscope.model.tri import Tri
from tests.diagnosis.judging import claim, found, scene, with_observations

ID = "NS-NAT-09"


def test_an_address_that_comes_back_is_certain() -> None:
    finding = found(scene("several-addresses"))[ID]
    assert finding.certainty is Certainty.CERTAIN
    assert finding.detail == "Relays saw 198.51.100.7 and 198.51.100.8."


def test_one_change_during_the_run_is_only_possible() -> None:
    def first_eight_then_seven(o: Observation) -> Observation:
        if o.kind != "stun.binding":
            return o
        late = 1000.0 if str(o.data["mapped"]).startswith("198.51.100.7") else 0.0
        return msgspec.structs.replace(o, received_ms=(o.received_ms or 0.0) + late)

    report = with_observations(scene("several-addresses"), first_eight_then_seven)
    assert found(report)[ID].certainty is Certainty.POSSIBLE


def test_an_address_inside_this_network_is_not_named() -> None:
    report = scene("several-addresses")
    inner = SeenEndpoint(address="192.168.1.20", port=41641, seen_by=(7,), local="192.168.1.20:41641")
    four = msgspec.structs.replace(report.ipv4, endpoints=(inner, *report.ipv4.endpoints))
    assert "192.168" not in found(msgspec.structs.replace(report, ipv4=four))[ID].detail


def test_one_address_or_no_comparison_is_no_claim() -> None:
    report = scene("several-addresses")
    for answer in (Tri.NO, Tri.UNKNOWN):
        part = msgspec.structs.replace(report.nat.v4, several_addresses=answer)
        nat = msgspec.structs.replace(report.nat, v4=part)
        assert claim(msgspec.structs.replace(report, nat=nat), ID) is None
