"""Shapes of UDP from observations: yes by an answer, no beside one, else unknown."""

from __future__ import annotations

from natscope.model.observation import Observation, Outcome
from natscope.model.tri import Tri
from natscope.netcheck.assemble_shapes import udp_shapes
from tests.netcheck.observed import seen, stun

YES, SILENT = Outcome.ANSWERED, Outcome.NO_ANSWER
RELAY = "198.51.100.3:3478"


def tried(shape: str, outcome: Outcome, tries: int = 6, target: str = RELAY, family: int = 4) -> Observation:
    data = {"shape": shape, "tries": tries, "answered": int(outcome is YES)}
    return seen("udp.shape", outcome, family=family, target=target, bytes_sent=64, data=data)


def told(*observations: Observation) -> dict[str, Tri]:
    return {one.shape: one.passes for one in udp_shapes(observations)}


def test_an_answer_is_yes_and_silence_beside_it_no() -> None:
    assert told(tried("stun", YES), tried("wireguard", SILENT)) == {"stun": Tri.YES, "wireguard": Tri.NO}
    assert told(tried("stun", SILENT, 3), tried("opaque", YES)) == {"stun": Tri.NO, "opaque": Tri.YES}


def test_silence_alone_at_another_relay_or_too_seldom_is_unknown() -> None:
    assert told(tried("stun", SILENT), tried("opaque", SILENT)) == {"stun": Tri.UNKNOWN, "opaque": Tri.UNKNOWN}
    assert told(tried("opaque", YES), tried("wireguard", SILENT, 4))["wireguard"] is Tri.UNKNOWN
    assert (
        told(tried("opaque", YES), tried("wireguard", SILENT, target="198.51.100.4:3478"))["wireguard"] is Tri.UNKNOWN
    )


def test_stun_that_was_answered_anywhere_is_not_filtered() -> None:
    assert told(tried("stun", SILENT), tried("opaque", YES), stun(1, 9.8))["stun"] is Tri.UNKNOWN


def test_the_family_that_answers_is_told() -> None:
    assert told(tried("opaque", SILENT), tried("opaque", YES, family=6)) == {"opaque": Tri.YES}
    assert told() == {}
