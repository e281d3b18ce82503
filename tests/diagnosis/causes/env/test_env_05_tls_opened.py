"""NS-ENV-05: issuers that cannot be the relays' own; one unknown authority for all is only possible."""

from __future__ import annotations

from typing import Any

import msgspec

from natscope.model.finding import Certainty, Severity
from natscope.model.report import Report
from natscope.model.tri import Tri
from tests.diagnosis.judging import claim, found, scene

ID = "NS-ENV-05"


def with_web(**changes: Any) -> Report:
    report = scene("tls-opened")
    assert report.web is not None
    return msgspec.structs.replace(report, web=msgspec.structs.replace(report.web, **changes))


def test_swapped_certificates_decide_and_hide_the_relays_own() -> None:
    findings = found(scene("tls-opened"))
    assert findings[ID].certainty is Certainty.CERTAIN
    assert "Example Inspection CA" in findings[ID].detail
    assert "NS-REL-01" not in findings


def test_an_unknown_authority_is_only_possible() -> None:
    findings = found(with_web(intercepted=Tri.UNKNOWN))
    assert (findings[ID].certainty, findings[ID].severity) == (Certainty.POSSIBLE, Severity.WARN)
    assert "NS-REL-01" in findings


def test_a_proved_certificate_is_nothing() -> None:
    assert claim(with_web(intercepted=Tri.NO), ID) is None
    assert claim(with_web(intercepted=Tri.UNKNOWN, issuer=""), ID) is None
    assert claim(with_web(nodes=()), ID) is None
