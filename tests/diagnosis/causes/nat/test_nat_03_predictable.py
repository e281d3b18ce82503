"""NS-NAT-03: ports that vary and can be foretold; one port for all or ports without a pattern contradict."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from natscope.model.finding import Certainty, Severity
from natscope.model.nat import PortAllocation
from natscope.model.report import Report
from natscope.model.tri import Tri
from tests.diagnosis.judging import claim, found, scene
from tests.reports.nat_scenes import with_nat

ID = "NS-NAT-03"


def changed(**fields: Any) -> Report:
    return with_nat(scene("ports-in-a-row"), **fields)


def test_it_says_more_than_symmetric() -> None:
    findings = found(scene("ports-in-a-row"))
    assert (findings[ID].certainty, findings[ID].severity) == (Certainty.LIKELY, Severity.FAIL)
    assert findings[ID].detail == "Of 16 new ports 94% were where one would guess, in steps of 1."
    assert "NS-NAT-01" not in findings


def test_a_kept_port_is_a_pattern_too() -> None:
    report = changed(port_allocation=PortAllocation.PRESERVING, port_step=None, port_prediction=1.0)
    assert "as the local port has it" in found(report)[ID].detail


@pytest.mark.parametrize(
    "fields",
    [
        {"port_prediction": 0.4},
        {"port_prediction": None},
        {"port_samples": 7},
        {"mapping_varies": Tri.NO},
        {"mapping_varies": Tri.UNKNOWN},
        {"several_addresses": Tri.YES},
    ],
)
def test_no_claim(fields: dict[str, Any]) -> None:
    assert claim(changed(**fields), ID) is None


def test_working_ipv6_softens_it() -> None:
    report = scene("ports-in-a-row")
    report = msgspec.structs.replace(report, ipv6=scene("mapping-varies-with-ipv6").ipv6)
    assert found(report)[ID].severity is Severity.WARN
    assert not any("IPv6" in fix.do for fix in found(report)[ID].fixes)
