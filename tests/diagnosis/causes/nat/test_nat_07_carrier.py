"""NS-NAT-07: an address on the way makes it likely, the router's own word certain."""

from __future__ import annotations

import msgspec

from natscope.model.finding import Certainty
from natscope.model.observation import Observation, Outcome
from natscope.model.report import Report
from natscope.model.tri import Tri
from tests.diagnosis.judging import claim, found, scene

ID = "NS-NAT-07"


def with_nat(report: Report, **changes: object) -> Report:
    part = msgspec.structs.replace(report.nat.v4, **changes)
    return msgspec.structs.replace(report, nat=msgspec.structs.replace(report.nat, v4=part))


def test_a_router_of_the_carrier_on_the_way_is_likely() -> None:
    finding = found(scene("cgnat"))[ID]
    assert finding.certainty is Certainty.LIKELY
    assert finding.detail == "On the way: 100.64.0.1."


def test_the_routers_own_word_is_certain() -> None:
    report = scene("cgnat")
    told = Observation(
        id="o900",
        kind="portmap.service",
        probe="port_mapping",
        outcome=Outcome.ANSWERED,
        data={"external": "100.64.7.7"},
    )
    report = msgspec.structs.replace(report, observations=(*report.observations, told))
    assert found(report)[ID].certainty is Certainty.CERTAIN
    other = msgspec.structs.replace(told, data={"external": "no address"})
    report = msgspec.structs.replace(report, observations=(*report.observations[:-1], other))
    assert found(report)[ID].certainty is Certainty.LIKELY


def test_one_address_alone_is_only_possible() -> None:
    assert found(with_nat(scene("cgnat"), layers=None))[ID].certainty is Certainty.POSSIBLE


def test_no_carrier_and_not_knowing_are_no_claim() -> None:
    for answer in (Tri.NO, Tri.UNKNOWN):
        assert claim(with_nat(scene("cgnat"), cgnat=answer), ID) is None
