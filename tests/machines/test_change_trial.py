"""RFC 5780's filtering test, by values, against our own responder and servers with quirks."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from natscope.machines.api import Received, Tick
from natscope.machines.change_trial import ChangeTrial
from natscope.machines.stun_responder import Drop, Place, StunResponder
from natscope.machines.unseen_trial import FEW, MANY, MAX_IDS
from natscope.model.endpoint import Endpoint
from natscope.wire.stun.attributes import ErrorCode
from natscope.wire.stun.helper_messages import Way
from natscope.wire.stun.message import decode, encode_binding_error, encode_binding_success

CLIENT = Endpoint.parse("203.0.113.9:41641")
ENDS = {Place(a, p): Endpoint.parse(f"192.0.2.{a + 1}:{3478 + p}") for a in (0, 1) for p in (0, 1)}
HOME, OTHER = ENDS[Place(0, 0)], ENDS[Place(1, 1)]
IDS = random.Random(1).randbytes(12 * MAX_IDS)
Server = Callable[[bytes], tuple[bytes, Endpoint] | None]


def proper(data: bytes) -> tuple[bytes, Endpoint] | None:
    outcome = StunResponder(ENDS).respond(data, CLIENT)
    return None if isinstance(outcome, Drop) else (outcome.data, ENDS[outcome.place])


def ignores(data: bytes) -> tuple[bytes, Endpoint] | None:
    """As Google's do: answers from where it was asked."""
    return encode_binding_success(data[8:20], CLIENT), HOME


def refuses(data: bytes) -> tuple[bytes, Endpoint] | None:
    if decode(data).change_request is None:
        return ignores(data)
    return encode_binding_error(data[8:20], ErrorCode(420, "")), HOME


def moves_the_port_only(data: bytes) -> tuple[bytes, Endpoint] | None:
    """Coturn at its second address: a change of both changes the port."""
    answer = proper(data)
    return None if answer is None else (answer[0], HOME if answer[1] == HOME else ENDS[Place(0, 1)])


def run(server: Server, passes: Callable[[Endpoint], bool], loses: Callable[[], bool] = lambda: False) -> ChangeTrial:
    trial, now = ChangeTrial(HOME, OTHER, IDS), 0.0
    waiting: list[tuple[float, int, Received]] = []
    number = 0
    item: Received | Tick = Tick()
    while not trial.is_over:
        for command in trial.handle(item, now):
            number += 1
            answer = None if loses() else server(command.data)
            if answer is not None and passes(answer[1]) and not loses():
                waiting.append((now + 0.02, number, Received(*answer)))
        waiting.sort(key=lambda one: one[:2])
        deadline = trial.deadline()
        if deadline is None:
            break
        if waiting and waiting[0][0] <= max(deadline, now):
            now, _, item = waiting.pop(0)
        else:
            now, item = max(now, deadline), Tick()
        assert now < 10
    return trial


def test_an_open_host_gets_everything() -> None:
    result = run(proper, lambda _: True).result
    assert result.ways[Way.OTHER_ADDRESS].source == OTHER
    assert result.ways[Way.OTHER_PORT].arrived


def test_one_address_may_write_from_any_port() -> None:
    result = run(proper, lambda start: start.ip == HOME.ip).result
    assert result.ways[Way.OTHER_PORT].source == ENDS[Place(0, 1)]
    assert (result.ways[Way.OTHER_ADDRESS].arrived, result.ways[Way.OTHER_ADDRESS].sent) == (0, FEW)
    assert result.is_controlled


def test_silence_needs_more_tries_where_controls_are_lost() -> None:
    rng = random.Random(3)
    result = run(proper, lambda start: start == HOME, lambda: rng.random() < 0.25).result
    assert result.is_lossy
    assert all(count.sent >= MANY + 2 for count in result.ways.values())


@pytest.mark.parametrize(("server", "words"), [(ignores, "ignored"), (refuses, "refused the test (error 420)")])
def test_a_server_that_does_not_do_it_shows_nothing(server: Server, words: str) -> None:
    result = run(server, lambda _: True).result
    assert words in result.reason
    assert all(count.arrived == 0 for count in result.ways.values())


def test_an_answer_from_another_place_than_asked_for_is_no_evidence() -> None:
    result = run(moves_the_port_only, lambda _: True).result
    assert result.ways[Way.OTHER_ADDRESS].arrived == 0
    assert result.wrong_sources == [ENDS[Place(0, 1)]]


@pytest.mark.parametrize("other", [ENDS[Place(0, 1)], ENDS[Place(1, 0)], Endpoint.parse("[2001:db8::1]:3479")], ids=str)
def test_a_server_without_a_real_alternate_is_not_tried(other: Endpoint) -> None:
    trial = ChangeTrial(HOME, other, IDS)
    assert trial.is_over
    assert trial.result.reason
