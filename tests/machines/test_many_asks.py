"""One socket asks several servers, each until it answers."""

from __future__ import annotations

import random

from natscope.machines.api import Received, Tick
from natscope.machines.many_asks import BURST, GAPS_S, ManyAsks
from natscope.model.endpoint import Endpoint
from natscope.wire.stun.attributes import ErrorCode
from natscope.wire.stun.message import encode_binding_error, encode_binding_success

MAPPED = Endpoint.parse("203.0.113.9:41641")
SERVERS = [Endpoint.parse(f"192.0.2.{n}:3478") for n in range(1, 4)]


def asks(targets: list[Endpoint], *, patience: bool = True) -> ManyAsks:
    return ManyAsks(targets, random.Random(1).randbytes(12 * ManyAsks.ids_needed(len(targets))), patience=patience)


def test_all_are_asked_at_once_and_each_counts_by_its_own_answer() -> None:
    many = asks(SERVERS)
    sent = many.handle(Tick(), 0.0)
    assert [command.target for command in sent] == SERVERS
    for command in sent:
        many.handle(Received(encode_binding_success(command.data[8:20], MAPPED), command.target), 0.03)
    assert many.is_over
    assert [(a.mapped, a.sends, a.answered_at) for a in many.asked] == [(MAPPED, 1, 0.03)] * 3


def test_a_silent_one_is_asked_again_and_then_given_up() -> None:
    many, now, sent = asks(SERVERS[:1]), 0.0, 0
    while not many.is_over:
        sent += len(many.handle(Tick(), now))
        now = max(now + 0.001, many.deadline() or 0.0)
        assert now < 5
    assert sent == len(GAPS_S)
    assert many.asked[0].mapped is None


def test_a_late_answer_to_an_earlier_send_counts_with_its_own_time() -> None:
    many = asks(SERVERS[:1])
    (first,) = many.handle(Tick(), 0.0)
    many.handle(Tick(), GAPS_S[1])
    many.handle(Received(encode_binding_success(first.data[8:20], MAPPED), SERVERS[0]), 0.25)
    assert (many.asked[0].sent_at, many.asked[0].answered_at) == (0.0, 0.25)


def test_another_source_an_error_and_garbage_are_no_address() -> None:
    many = asks(SERVERS[:2])
    one, two = many.handle(Tick(), 0.0)
    many.handle(Received(encode_binding_success(one.data[8:20], MAPPED), SERVERS[2]), 0.01)
    many.handle(Received(b"\x01\x01" + one.data[2:20] + b"x", SERVERS[0]), 0.01)
    many.handle(Received(encode_binding_error(two.data[8:20], ErrorCode(420, "")), SERVERS[1]), 0.01)
    assert many.asked[0].other_source == SERVERS[2]
    assert many.asked[0].answered_at is None
    assert many.asked[1].error
    assert many.asked[1].mapped is None


def test_bursts_are_bounded() -> None:
    many = asks([Endpoint.parse(f"192.0.2.{n}:3478") for n in range(1, 40)])
    assert len(many.handle(Tick(), 0.0)) == BURST
    assert len(many.handle(Tick(), many.deadline() or 0.0)) == BURST


def test_without_patience_a_straggler_is_not_waited_for() -> None:
    many = asks([Endpoint.parse(f"192.0.2.{n}:3478") for n in range(1, 6)], patience=False)
    for command in many.handle(Tick(), 0.0)[:4]:
        many.handle(Received(encode_binding_success(command.data[8:20], MAPPED), command.target), 0.04)
    assert many.deadline() is not None
    assert (many.deadline() or 1.0) < 0.2


def test_nobody_to_ask_is_over_at_once() -> None:
    assert asks([]).is_over
