"""A train to the real server, by values, in virtual time: paced, counted, cut short by a queue, given up in words."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable

import pytest

from natscope.machines.api import Received, Tick
from natscope.machines.helper.server import HelperServer
from natscope.machines.helper.train import (
    BURST,
    IDS,
    NOT_OFFERED,
    QUEUE_S,
    Train,
    TrainPlan,
    TrainResult,
    tail_loss,
)
from natscope.machines.stun_responder import Drop, StunResponder
from natscope.model.endpoint import Endpoint
from natscope.wire.stun.message import MessageClass, decode
from tests.machines.helper.pair import CLIENT, FIRST, HOME, lonely, places

TRIP_S = 0.02
Way = Callable[[bytes, float], float | None]
"""How long a packet takes there, None when it does not arrive."""


def steady(data: bytes, now: float) -> float | None:
    return TRIP_S / 2


def run(
    plan: TrainPlan, server: HelperServer | StunResponder, there: Way = steady, *, until: float = 60.0
) -> tuple[Train, list[float]]:
    """The machine to its end, and when its packets left."""
    train = Train(FIRST, plan, bytes(range(256)) * 2, until)
    now, left, events, number = 0.0, [], [(0.0, 0, b"")], 0
    while events and not train.is_over:
        now, _, data = heapq.heappop(events)
        item = Received(data, FIRST) if data else Tick()
        for send in train.handle(item, now):
            left += [now] if decode(send.data).message_class is MessageClass.INDICATION else []
            delay = there(send.data, now)
            if delay is None:
                continue
            for reply in answers(server, send.data, now + delay):
                number += 1
                heapq.heappush(events, (now + delay + TRIP_S / 2, number, reply))
        if not train.is_over:
            number += 1
            due = train.deadline()
            assert due is not None
            heapq.heappush(events, (max(due, now), number, b""))
    return train, left


def answers(server: HelperServer | StunResponder, data: bytes, now: float) -> list[bytes]:
    if isinstance(server, StunResponder):
        outcome = server.respond(data, CLIENT, HOME)
        return [] if isinstance(outcome, Drop) else [outcome.data]
    found = server.handle(decode(data), CLIENT, HOME, now)
    return [] if found is None or isinstance(found, Drop) else [reply.data for reply in found]


def result(plan: TrainPlan, there: Way = steady) -> TrainResult:
    return run(plan, lonely(), there)[0].result


def test_a_train_arrives_in_time_and_comes_back() -> None:
    train, left = run(TrainPlan(7, 100, 50, 972), lonely())
    found = train.result
    assert found.reason == ""
    assert found.arrived == frozenset(range(50))
    assert set(found.echoes) == set(range(50))
    gaps = [later - earlier for earlier, later in itertools.pairwise(left)]
    assert gaps == pytest.approx([0.01] * 49)
    assert found.rtt_s == pytest.approx(TRIP_S)
    assert found.span_us == pytest.approx(490_000, abs=2)
    assert found.packets_sent == 53
    assert found.bytes_received <= found.bytes_sent


def test_packets_have_the_length_that_was_planned() -> None:
    lengths = set()

    def there(data: bytes, now: float) -> float:
        if decode(data).message_class is MessageClass.INDICATION:
            lengths.add(len(data))
        return TRIP_S / 2

    result(TrainPlan(0, 100, 10, 972), there)
    assert lengths == {972}


def test_what_is_lost_is_told_apart_by_direction() -> None:
    plan, lost = TrainPlan(0, 100, 40, 200), iter(range(10_000))

    def there(data: bytes, now: float) -> float | None:
        is_packet = decode(data).message_class is MessageClass.INDICATION
        return None if is_packet and next(lost) % 4 == 0 else TRIP_S / 2

    found = result(plan, there)
    assert found.arrived == frozenset(n for n in range(40) if n % 4)
    assert set(found.echoes) == found.arrived


def test_requests_are_sent_again_and_packets_are_not() -> None:
    tries: dict[bytes, int] = {}

    def there(data: bytes, now: float) -> float | None:
        message = decode(data)
        if message.message_class is MessageClass.INDICATION:
            return TRIP_S / 2
        step = data[36:37]
        tries[step] = tries.get(step, 0) + 1
        return None if tries[step] < 3 else TRIP_S / 2

    found = result(TrainPlan(0, 100, 10, 200), there)
    assert found.reason == ""
    assert len(found.sent) == 10
    assert set(tries.values()) == {3}


def test_a_queue_that_fills_ends_the_train() -> None:
    """A line that carries half of it."""
    busy = [0.0]

    def there(data: bytes, now: float) -> float:
        busy[0] = max(busy[0], now) + 1 / 100
        return busy[0] - now + TRIP_S / 2

    found = result(TrainPlan(0, 200, 200, 972), there)
    assert found.late
    assert 2 * QUEUE_S < found.sent[-1] - found.sent[0] < 0.9
    assert found.arrived == frozenset(range(len(found.sent)))
    assert found.span_us / 1e6 > 1.8 * (found.sent[-1] - found.sent[0])


def test_a_computer_that_was_busy_does_not_send_all_at_once() -> None:
    train = Train(FIRST, TrainPlan(0, 500, 500, 200), bytes(12 * IDS), 60.0)
    server = lonely()
    now, counts = 0.0, []
    item: Received | Tick = Tick()
    for _ in range(400):
        sends = train.handle(item, now)
        packets = [s for s in sends if decode(s.data).message_class is MessageClass.INDICATION]
        counts.append(len(packets))
        back = [answer for send in sends if not packets for answer in answers(server, send.data, now)]
        item, now = (Received(back[0], FIRST), now) if back else (Tick(), now + 0.1)
        if train.result.sent and len(train.result.sent) >= 100:
            break
    assert max(counts) == BURST


def test_a_plain_server_is_no_helper() -> None:
    found = run(TrainPlan(0, 100, 10, 200), StunResponder())[0].result
    assert found.reason == "the server is no helper"
    assert found.packets_sent == 1


def test_a_helper_that_counts_none_says_so() -> None:
    found = run(TrainPlan(0, 100, 10, 200), HelperServer(bytes(16), places(FIRST), train_rate=0))[0].result
    assert (found.reason, found.retry_s) == (NOT_OFFERED, 0)


def test_a_helper_that_is_busy_says_when() -> None:
    server = lonely()
    for number in range(12):
        run(TrainPlan(number, 500, 1, 200), server)
    found = run(TrainPlan(99, 500, 1, 200), server)[0].result
    assert found.retry_s == 5
    assert "others" in found.reason


def test_silence_is_given_up() -> None:
    found = result(TrainPlan(0, 100, 10, 200), lambda data, now: None)
    assert found.reason == "the server did not answer"
    assert found.arrived is None
    assert found.packets_sent == 7


def test_the_end_of_time_ends_it() -> None:
    train, _ = run(TrainPlan(0, 10, 100, 200), lonely(), until=2.0)
    assert train.is_over
    assert train.result.reason == "the time was up"
    assert train.handle(Tick(), 3.0) == []


@pytest.mark.parametrize("data", [b"", b"\0" * 40, bytes.fromhex("00110000") + b"\x21\x12\xa4\x42" + bytes(12)])
def test_other_datagrams_change_nothing(data: bytes) -> None:
    train = Train(FIRST, TrainPlan(0, 100, 10, 200), bytes(12 * IDS), 60.0)
    train.handle(Tick(), 0.0)
    train.handle(Received(data, FIRST), 0.01)
    train.handle(Received(data, Endpoint.parse("198.51.100.1:1")), 0.01)
    assert not train.is_over
    assert train.result.bytes_received == 0


def test_the_loss_of_the_last_half() -> None:
    assert tail_loss(range(10), frozenset(range(8))) == pytest.approx(0.4)
    assert tail_loss(range(10), frozenset(range(5, 10))) == 0.0
    assert tail_loss([], frozenset()) == 0.0
