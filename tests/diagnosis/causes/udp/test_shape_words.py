"""What is known of one shape."""

from __future__ import annotations

from natscope.diagnosis.causes.udp.shape_words import passes
from natscope.diagnosis.facts import Facts
from natscope.model.tri import Tri
from tests.diagnosis.judging import scene


def test_a_shape_that_was_tried_and_one_that_was_not() -> None:
    facts = Facts(scene("wireguard-filtered"))
    told = passes(facts, "wireguard")
    assert told is not None
    assert told.passes is Tri.NO
    assert passes(facts, "quic") is None
    assert passes(Facts(scene("healthy")), "stun") is None
