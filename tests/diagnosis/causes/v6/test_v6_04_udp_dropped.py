"""NS-V6-04: TCP answers over IPv6 where UDP does not, and UDP answers over IPv4."""

from __future__ import annotations

from natscope.model.finding import Certainty
from natscope.model.observation import Observation
from tests.diagnosis.judging import claim, found, scene, with_observations

ID = "NS-V6-04"


def test_two_controls_make_it_likely() -> None:
    finding = found(scene("ipv6-udp-dropped"))[ID]
    assert finding.certainty is Certainty.LIKELY
    assert "4 relays" in finding.detail
    assert "NS-V6-02" not in found(scene("ipv6-udp-dropped"))


def without(kind: str, family: int, keep: int = 0) -> object:
    left = [keep]

    def change(observation: Observation) -> Observation | None:
        if observation.kind != kind or observation.family != family:
            return observation
        left[0] -= 1
        return observation if left[0] >= 0 else None

    return claim(with_observations(scene("ipv6-udp-dropped"), change), ID)


def test_without_a_control_it_is_no_claim() -> None:
    assert without("https.latency", 6) is None
    assert without("https.latency", 6, keep=1) is None
    assert without("https.latency", 6, keep=2) is not None
    assert without("stun.binding", 4) is None
    assert without("stun.binding", 6) is None


def test_one_answer_contradicts() -> None:
    assert claim(scene("healthy"), ID) is None
