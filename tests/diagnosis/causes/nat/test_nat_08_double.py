"""NS-NAT-08: the router's own word decides; two private routers in a row only suggest it."""

from __future__ import annotations

import msgspec

from natscope.model.finding import Certainty, Severity
from natscope.model.report import Report
from natscope.model.tri import Tri
from tests.diagnosis.judging import claim, found, scene

ID = "NS-NAT-08"


def with_nat(report: Report, **changes: object) -> Report:
    part = msgspec.structs.replace(report.nat.v4, **changes)
    return msgspec.structs.replace(report, nat=msgspec.structs.replace(report.nat, v4=part))


def test_the_routers_own_word_is_certain() -> None:
    finding = found(scene("double-nat"))[ID]
    assert (finding.certainty, finding.severity) == (Certainty.CERTAIN, Severity.WARN)
    assert any(o.id in finding.evidence for o in scene("double-nat").observations if o.kind == "portmap.service")


def test_a_row_of_private_routers_is_possible() -> None:
    finding = found(scene("double-nat-possible"))[ID]
    assert (finding.certainty, finding.severity) == (Certainty.POSSIBLE, Severity.INFO)
    assert "routed network" in finding.detail


def test_one_private_router_or_a_known_no_is_no_claim() -> None:
    report = scene("double-nat-possible")
    assert claim(with_nat(report, hops=report.nat.v4.hops[:1]), ID) is None
    assert claim(with_nat(report, double_nat=Tri.NO), ID) is None
    assert claim(with_nat(report, layers=0), ID) is None
    assert claim(scene("udp-blocked"), ID) is None
