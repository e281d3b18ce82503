"""NS-CTL-11: only relays from inside answered; those of this computer are counted; one public address contradicts."""

from __future__ import annotations

import msgspec

from natscope.model.finding import Certainty, Severity
from natscope.model.observation import Observation, Outcome
from tests.diagnosis.judging import claim, found, scene, with_observations

ID = "NS-CTL-11"


def test_relays_of_this_network() -> None:
    finding = found(scene("inside-relays"))[ID]
    assert (finding.certainty, finding.severity) == (Certainty.CERTAIN, Severity.WARN)
    assert finding.detail == "3 relays answered, none from outside."


def test_a_relay_on_this_computer_is_counted() -> None:
    finding = found(scene("own-relay"))[ID]
    assert "run on this computer" in finding.title
    assert finding.detail == "1 relay answered, with an address of this computer."


def test_a_public_address_contradicts() -> None:
    assert claim(scene("healthy"), ID) is None
    assert claim(scene("public-host"), ID) is None


def test_a_laboratory_on_loopback_is_no_claim() -> None:
    def here(o: Observation) -> Observation:
        return msgspec.structs.replace(o, target="127.0.0.1:3478") if o.kind == "stun.binding" else o

    assert claim(with_observations(scene("inside-relays"), here), ID) is None


def test_without_answers_there_is_no_claim() -> None:
    def silence(o: Observation) -> Observation:
        return msgspec.structs.replace(o, outcome=Outcome.NO_ANSWER) if o.kind == "stun.binding" else o

    report = with_observations(scene("inside-relays"), silence)
    report = msgspec.structs.replace(report, ipv4=msgspec.structs.replace(report.ipv4, endpoints=()))
    assert claim(report, ID) is None
