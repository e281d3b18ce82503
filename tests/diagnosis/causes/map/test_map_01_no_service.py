"""NS-MAP-01: only where it would help, and never from silence alone."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from natscope.model.finding import Certainty
from natscope.model.report import MappingServiceReport, PortMappingReport, Report
from natscope.model.tri import Tri
from tests.diagnosis.judging import claim, found, scene

ID = "NS-MAP-01"


def with_services(report: Report, **changes: Any) -> Report:
    service = MappingServiceReport(**changes)
    return msgspec.structs.replace(report, port_mapping=PortMappingReport(upnp=service, nat_pmp=service, pcp=service))


def test_closed_ports_are_certain() -> None:
    assert found(scene("no-port-mapping"))[ID].certainty is Certainty.CERTAIN


@pytest.mark.parametrize("state", [Tri.UNKNOWN, Tri.YES])
def test_silence_without_a_control_and_a_service_are_no_claim(state: Tri) -> None:
    assert claim(with_services(scene("no-port-mapping"), state=state), ID) is None


def test_where_the_router_keeps_ports_it_is_not_told() -> None:
    report = scene("no-port-mapping")
    nat = msgspec.structs.replace(report.nat, v4=msgspec.structs.replace(report.nat.v4, mapping_varies=Tri.NO))
    assert claim(msgspec.structs.replace(report, nat=nat), ID) is None


@pytest.mark.parametrize("carrier", [Tri.YES, Tri.UNKNOWN])
def test_behind_a_carriers_router_it_would_not_help(carrier: Tri) -> None:
    report = scene("no-port-mapping")
    nat = msgspec.structs.replace(report.nat, v4=msgspec.structs.replace(report.nat.v4, cgnat=carrier))
    assert claim(msgspec.structs.replace(report, nat=nat), ID) is None
