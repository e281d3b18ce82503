"""NS-REL-01: a refusal in the words of TLS; a warning while other relays can be used."""

from __future__ import annotations

import msgspec

from natscope.model.finding import Certainty, Severity
from tests.diagnosis.judging import claim, found, relay_index, scene

ID = "NS-REL-01"


def test_certain_and_a_warning_among_others() -> None:
    finding = found(scene("wrong-certificate"))[ID]
    assert (finding.certainty, finding.severity) == (Certainty.CERTAIN, Severity.WARN)
    assert finding.title == "hkg: the certificate is wrong, so clients refuse it."
    assert finding.detail == "The certificate of relay8.example.net ran out on 2026-11-21."


def test_a_failure_when_no_relay_is_left() -> None:
    report = scene("wrong-certificate")
    only = report.relays[relay_index(report, "hkg")]
    assert found(msgspec.structs.replace(report, relays=(only,)))[ID].severity is Severity.FAIL


def test_several_relays_are_told_together() -> None:
    told = claim(scene("captive-portal"), ID)
    assert told is not None
    assert told.support.title.startswith("nyc, fra, ams and par: ")
    assert told.support.detail.endswith("And 2 others.")


def test_an_answer_over_https_contradicts() -> None:
    report = scene("wrong-certificate")
    at = relay_index(report, "hkg")
    times = msgspec.structs.replace(report.relays[at].latency_ms, https=186.0)
    relays = list(report.relays)
    relays[at] = msgspec.structs.replace(relays[at], latency_ms=times)
    assert claim(msgspec.structs.replace(report, relays=tuple(relays)), ID) is None
