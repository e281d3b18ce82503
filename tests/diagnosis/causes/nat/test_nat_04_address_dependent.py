"""NS-NAT-04: one port for all ports of a host, another one for another host; and then NS-NAT-01 is not named."""

from __future__ import annotations

import msgspec
import pytest

from natscope.model.finding import Certainty, Severity
from natscope.model.nat import Mapping
from natscope.model.report import Report
from natscope.model.tri import Tri
from tests.diagnosis.judging import claim, found, scene

ID = "NS-NAT-04"


def with_nat(**changes: object) -> Report:
    report = scene("address-dependent")
    part = msgspec.structs.replace(report.nat.v4, **changes)
    return msgspec.structs.replace(report, nat=msgspec.structs.replace(report.nat, v4=part))


def test_it_is_certain_and_stands_alone() -> None:
    findings = found(scene("address-dependent"))
    assert findings[ID].certainty is Certainty.CERTAIN
    assert findings[ID].severity is Severity.FAIL
    assert "NS-NAT-01" not in findings
    assert set(findings[ID].evidence) & set(scene("address-dependent").nat.v4.evidence)


def test_it_is_a_reason_of_the_verdict() -> None:
    assert scene("address-dependent").verdict.reasons == (ID,)


@pytest.mark.parametrize("mapping", [m for m in Mapping if m is not Mapping.ADDRESS_DEPENDENT])
def test_no_other_mapping_is_it(mapping: Mapping) -> None:
    assert claim(with_nat(mapping=mapping), ID) is None


def test_several_public_addresses_are_another_cause() -> None:
    assert claim(with_nat(several_addresses=Tri.YES), ID) is None


def test_dependence_on_the_port_too_is_certain_for_the_first_cause() -> None:
    findings = found(with_nat(mapping=Mapping.ADDRESS_AND_PORT_DEPENDENT))
    assert findings["NS-NAT-01"].certainty is Certainty.CERTAIN
