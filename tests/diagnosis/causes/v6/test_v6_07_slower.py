"""NS-V6-07: relays that are farther over IPv6, most of them and clearly."""

from __future__ import annotations

import msgspec

from natscope.model.finding import Certainty, Severity
from natscope.model.report import Report
from tests.diagnosis.judging import claim, found, scene

ID = "NS-V6-07"


def farther(by_ms: float, count: int = 6) -> Report:
    """The first relays farther by so much, the others as near."""
    report = scene("ipv6-slower")
    relays = []
    for number, relay in enumerate(report.relays):
        more = by_ms if number < count else 0.0
        six = (relay.best_ms.stun_v4 or 0.0) + more
        relays.append(msgspec.structs.replace(relay, best_ms=msgspec.structs.replace(relay.best_ms, stun_v6=six)))
    return msgspec.structs.replace(report, relays=tuple(relays))


def test_it_is_likely_and_worth_knowing() -> None:
    finding = found(scene("ipv6-slower"))[ID]
    assert (finding.certainty, finding.severity) == (Certainty.LIKELY, Severity.INFO)
    assert "41 ms" in finding.title


def test_some_milliseconds_or_some_relays_are_none() -> None:
    assert claim(farther(14.0), ID) is None
    assert claim(farther(41.0, 5), ID) is not None
    assert claim(farther(41.0, 4), ID) is None


def test_two_relays_are_too_few() -> None:
    report = scene("ipv6-slower")
    assert claim(msgspec.structs.replace(report, relays=report.relays[:2]), ID) is None
