"""Shapes of datagrams without a network: all at once, repeated beside each other, strangers ignored."""

from __future__ import annotations

import pytest

from natscope.machines.api import Received, Send, Tick
from natscope.machines.shape_trial import APART_S, STUN, TRIES, ShapeTrial
from natscope.model.endpoint import Endpoint
from natscope.wire.stun.message import decode, encode_binding_success
from natscope.wire.udp_shapes import Shape, answer_to, is_shape

SERVER, STRANGER = Endpoint.parse("192.0.2.1:3478"), Endpoint.parse("192.0.2.9:3478")
SHAPES = (Shape.OPAQUE, Shape.WIREGUARD)


def trial(tries: int = TRIES) -> ShapeTrial:
    needed = ShapeTrial.random_needed(SHAPES, tries)
    return ShapeTrial(SERVER, SHAPES, bytes(n * 7 % 251 for n in range(needed)), tries=tries)


def answered(sends: list[Send], source: Endpoint = SERVER) -> list[Received]:
    """What a helper says to them."""
    return [
        Received(
            answer_to(s.data) if is_shape(s.data) else encode_binding_success(decode(s.data).transaction_id, STRANGER),
            source,
        )
        for s in sends
    ]


def test_one_of_each_is_enough_where_all_come_back() -> None:
    machine = trial()
    sends = machine.handle(Tick(), 0.0)
    assert [len(s.data) for s in sends] == [40, 64, 148]
    for item in answered(sends):
        machine.handle(item, 0.02)
    assert machine.is_over
    assert machine.deadline() is None
    assert {name: (c.tries, c.answered) for name, c in machine.counts.items()} == dict.fromkeys((STUN, *SHAPES), (1, 1))
    assert machine.counts[STUN].rtt_s == pytest.approx(0.02)


def test_what_gets_lost_is_sent_again_with_the_others_beside_it() -> None:
    machine, now = trial(), 0.0
    while not machine.is_over:
        sends = machine.handle(Tick(), now)
        for item in answered(sends[:2]):  # the third kind is dropped
            machine.handle(item, now + 0.01)
        now = machine.deadline() or now
    told = {name: (count.tries, count.answered) for name, count in machine.counts.items()}
    assert told == {STUN: (TRIES, TRIES), Shape.OPAQUE: (TRIES, TRIES), Shape.WIREGUARD: (TRIES, 0)}
    assert now == pytest.approx((TRIES - 1) * APART_S + 0.45)


def test_strangers_and_repeated_answers_do_not_count() -> None:
    machine = trial()
    sends = machine.handle(Tick(), 0.0)
    for item in answered(sends, STRANGER):
        machine.handle(item, 0.01)
    machine.handle(Received(b"\x01\x01", SERVER), 0.01)
    assert all(count.answered == 0 for count in machine.counts.values())
    for item in (*answered(sends[:1]), *answered(sends[:1])):
        machine.handle(item, 0.02)
    assert machine.counts[STUN].answered == 1


def test_a_late_tick_changes_nothing() -> None:
    machine = trial(2)
    machine.handle(Tick(), 0.0)
    assert machine.handle(Tick(), 0.01) == []
    assert len(machine.handle(Tick(), 5.0)) == 3
    assert machine.handle(Tick(), 9.0) == []
    assert machine.is_over
