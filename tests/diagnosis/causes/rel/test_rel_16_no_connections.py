"""NS-REL-16: STUN lives, TCP does not, and TCP works elsewhere."""

from __future__ import annotations

import msgspec
import pytest

from natscope.model.finding import Certainty
from natscope.model.observation import Observation, Outcome
from natscope.model.report import RelayReport
from tests.diagnosis.judging import claim, found, scene, with_observations

ID = "NS-REL-16"


def test_a_refusal_beside_other_relays_decides() -> None:
    finding = found(scene("https-closed"))[ID]
    assert finding.title == "hkg: STUN answers, but no relay takes connections."
    assert (finding.certainty, finding.detail) == (Certainty.CERTAIN, "HTTPS: the connection was refused.")


def test_silence_is_likely() -> None:
    def silent(o: Observation) -> Observation:
        return msgspec.structs.replace(o, outcome=Outcome.NO_ANSWER) if o.outcome is Outcome.REFUSED else o

    assert found(with_observations(scene("https-closed"), silent))[ID].certainty is Certainty.LIKELY


def test_an_answer_over_https_contradicts() -> None:
    report = scene("https-closed")

    def answered(relay: RelayReport) -> RelayReport:
        return msgspec.structs.replace(relay, latency_ms=msgspec.structs.replace(relay.latency_ms, https=20.0))

    assert claim(msgspec.structs.replace(report, relays=tuple(map(answered, report.relays))), ID) is None


@pytest.mark.parametrize(("other_name", "is_told"), [("fails", True), ("silent", False)])
def test_a_reset_whose_control_got_lost_may_be_for_the_name(other_name: str, is_told: bool) -> None:
    report = scene("https-closed")
    region = next(relay.region_id for relay in report.relays if relay.region_code == "hkg")
    check = Observation(
        id="o900",
        kind="relay.check",
        probe="relay_health",
        outcome=Outcome.REFUSED,
        region_id=region,
        error="reset",
        data={"step": "tls", "other_name": other_name},
    )
    seen = msgspec.structs.replace(report, observations=(*report.observations, check))
    assert (claim(seen, ID) is not None) is is_told


@pytest.mark.parametrize("outcome", [Outcome.NO_ANSWER, Outcome.REFUSED])
def test_a_network_without_tcp_explains_it_better(outcome: Outcome) -> None:
    """Silence, or a firewall that resets every connection."""

    def nothing(o: Observation) -> Observation:
        return msgspec.structs.replace(o, outcome=outcome, data={}) if o.kind == "https.latency" else o

    report = with_observations(scene("https-closed"), nothing)
    assert claim(report, ID) is None
