"""NS-REL-01: a refusal in the words of TLS; a warning while other relays can be used."""

from __future__ import annotations

import msgspec
import pytest

from natscope.diagnosis.causes.rel.rel_01_certificate import CAUSE, FIXES
from natscope.model.finding import Certainty, Severity
from natscope.model.observation import Observation, Outcome
from tests.diagnosis.judging import claim, found, relay_index, scene, with_observations

ID = "NS-REL-01"


def test_certain_and_a_warning_among_others() -> None:
    finding = found(scene("wrong-certificate"))[ID]
    assert (finding.certainty, finding.severity) == (Certainty.CERTAIN, Severity.WARN)
    assert finding.title == "hkg: the certificate is wrong, so clients refuse it."
    assert finding.detail == "The certificate of relay8.example.net ran out on 2026-11-21."


@pytest.mark.parametrize(
    ("code", "first"),
    [
        ("certificate-expired", "On the relay: renew"),
        ("certificate-pin-mismatch", "In the map: replace the pin"),
        ("certificate-wrong-name", "Correct the relay's host name"),
        ("certificate-self-signed", "Pin the relay's certificate"),
        ("certificate-chain-incomplete", "On the relay: serve the whole chain"),
        ("certificate-not-yet-valid", "Set the clocks"),
        ("certificate-unreadable", "On the relay: renew"),
    ],
)
def test_the_fix_is_that_of_what_is_wrong(code: str, first: str) -> None:
    def say(o: Observation) -> Observation:
        return msgspec.structs.replace(o, error=code) if o.outcome is Outcome.WRONG else o

    assert found(with_observations(scene("wrong-certificate"), say))[ID].fixes[0].do.startswith(first)


def test_every_fix_is_the_admins() -> None:
    assert {fix.who for fixes in FIXES.values() for fix in fixes} <= set(CAUSE.who_can_fix)


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
