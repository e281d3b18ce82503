"""A trial with a helper, by values: counts what was sent and what came in, and never takes loss for silence."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from natscope.machines.api import Received, Tick
from natscope.machines.helper.trial import HelperTrial
from natscope.machines.unseen_trial import FEW, MANY, MAX_IDS
from natscope.model.endpoint import Endpoint
from natscope.wire.stun.helper_messages import Way
from natscope.wire.stun.message import encode_binding_success
from tests.machines.helper.pair import CLIENT, FIRST, SECOND, Wire, lonely, pair

IDS = random.Random(1).randbytes(12 * MAX_IDS)
RTT_S = 0.02
Passes = Callable[[Endpoint, int], bool]
"""From the place that a datagram comes from, and its number, to whether it gets in."""


def everything(_start: Endpoint, _number: int) -> bool:
    return True


def answers_only(start: Endpoint, _number: int) -> bool:
    return start == FIRST


def run(wire: Wire, trial: HelperTrial, passes: Passes, *, loses: Callable[[int], bool] = lambda _: False) -> float:
    """Play it to its end; the time that it took. `loses` is asked about each datagram that the client sends."""
    now, waiting = 0.0, [(0.0, 0, Tick())]
    number = 0
    while not trial.is_over:
        waiting.sort(key=lambda item: item[:2])
        deadline = trial.deadline()
        assert deadline is not None
        if waiting and (waiting[0][0] <= deadline or deadline < 0):
            now, _, item = waiting.pop(0)
        else:
            now, item = max(now, deadline), Tick()
        for command in trial.handle(item, now):
            number += 1
            if loses(number):
                continue
            for start, reply in wire.send(command.data, CLIENT, FIRST, now):
                number += 1
                if passes(start, number):
                    waiting.append((now + RTT_S, number, Received(reply.data, start)))  # type: ignore[arg-type]
        assert now < 10
    return now


def test_what_comes_in_ends_it_at_once() -> None:
    trial = HelperTrial(FIRST, IDS)
    assert run(pair(), trial, everything) < 0.1
    assert trial.result.ways[Way.OTHER_ADDRESS].arrived >= 1
    assert trial.result.ways[Way.OTHER_ADDRESS].source == Endpoint(SECOND.ip, 3479)
    assert trial.result.mapped == [CLIENT]


def test_silence_is_counted_and_controlled() -> None:
    trial = HelperTrial(FIRST, IDS)
    assert run(pair(), trial, answers_only) < 0.7
    for count in trial.result.ways.values():
        assert (count.sent, count.confirmed, count.arrived) == (FEW, FEW, 0)
    assert trial.result.is_controlled
    assert not trial.result.is_lossy
    assert trial.result.reason == ""


def test_what_was_lost_on_the_way_there_is_not_counted_and_more_is_tried() -> None:
    trial, rng = HelperTrial(FIRST, IDS), random.Random(2)
    run(pair(), trial, answers_only, loses=lambda _: rng.random() < 0.2)
    assert trial.result.is_lossy
    assert all(count.confirmed >= MANY for count in trial.result.ways.values())
    assert any(count.confirmed < count.sent for count in trial.result.ways.values())
    assert trial.result.is_controlled


def test_a_server_that_falls_silent_makes_silence_mean_nothing() -> None:
    trial = HelperTrial(FIRST, IDS)
    run(pair(), trial, lambda start, number: answers_only(start, number) and number < 5)
    assert not trial.result.is_controlled
    assert trial.result.reason == "the server stopped answering"


def test_a_peer_that_confirms_nothing_is_told() -> None:
    wire, trial = pair(), HelperTrial(FIRST, IDS)
    wire.is_cut = True
    run(wire, trial, answers_only)
    count = trial.result.ways[Way.OTHER_ADDRESS]
    assert (count.confirmed, count.waiting) == (0, count.sent)
    assert trial.result.ways[Way.OTHER_PORT].confirmed == FEW


def test_a_helper_without_another_address_is_asked_for_ports_only() -> None:
    trial = HelperTrial(FIRST, IDS)
    run(Wire({FIRST: lonely()}), trial, answers_only)
    assert trial.result.ways[Way.OTHER_ADDRESS].sent == 0
    assert trial.result.ways[Way.OTHER_PORT].confirmed == FEW


def test_who_is_no_helper_says_so_by_a_plain_answer() -> None:
    trial = HelperTrial(FIRST, IDS)
    (command,) = trial.handle(Tick(), 0.0)
    trial.handle(Received(encode_binding_success(command.data[8:20], CLIENT), FIRST), 0.02)
    assert trial.is_over
    assert (trial.result.offer, trial.result.reason) == (None, "the server does not offer it")


def test_an_answer_from_a_place_that_nobody_named_is_no_evidence() -> None:
    trial = HelperTrial(FIRST, IDS)
    stranger = Endpoint.parse("198.51.100.77:3479")
    wire = pair()
    run(wire, trial, lambda start, number: start == FIRST)
    fresh, now = HelperTrial(FIRST, IDS), 0.0
    (ask,) = fresh.handle(Tick(), now)
    ((_, reply),) = wire.send(ask.data, CLIENT, FIRST, now)
    orders = fresh.handle(Received(reply.data, FIRST), now)
    for order in orders:
        fresh.handle(Received(encode_binding_success(order.data[8:20], CLIENT), stranger), now)
    assert fresh.result.wrong_sources == [stranger]
    assert all(count.arrived == 0 for count in fresh.result.ways.values())


def test_to_another_port_it_goes_with_a_token_for_ours() -> None:
    wire, trial = pair(), HelperTrial(FIRST, IDS, ways=(Way.OTHER_ADDRESS,), port=5000)
    run(wire, trial, answers_only)
    targets = {reply.target for _, reply in wire.sent if reply.kind == "helper-sent"}
    assert targets == {Endpoint(CLIENT.ip, 5000)}
    assert trial.result.ways[Way.OTHER_PORT].sent == 0


def test_it_ends_in_time() -> None:
    trial = HelperTrial(FIRST, IDS, until=0.2)
    assert run(pair(), trial, answers_only) <= 0.25
    assert trial.result.reason == "the time was up"


@pytest.mark.parametrize("seed", range(40))
def test_whatever_is_lost_it_ends_and_counts_truly(seed: int) -> None:
    """Half of everything is lost: what it says was carried out really was."""
    rng = random.Random(seed)
    wire, trial = pair(), HelperTrial(FIRST, rng.randbytes(12 * MAX_IDS))
    run(wire, trial, lambda *_: rng.random() < 0.5, loses=lambda _: rng.random() < 0.5)
    sent = sum(reply.kind == "helper-sent" for _, reply in wire.sent)
    assert sum(count.confirmed for count in trial.result.ways.values()) <= sent
