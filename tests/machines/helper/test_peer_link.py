"""Servers of one owner trust the secret, a nonce for the other's address, and each order once."""

from __future__ import annotations

import pytest

from natscope.machines.helper.peer_link import PeerLink, peer_key
from natscope.machines.helper.tokens import TOKEN_LIFE_S, Tokens
from natscope.model.endpoint import Endpoint
from natscope.wire.stun.helper_messages import Fate, Forward, Hello, Nonce, Way
from natscope.wire.stun.message import decode
from tests.machines.helper.pair import CLIENT, FIRST, SECOND, SECRET, pair

KEY = peer_key(SECRET)
ID = bytes(range(12))


def link(peer: Endpoint | None, key: bytes = KEY) -> PeerLink:
    return PeerLink(key, Tokens(bytes(16)), peer, 3479)


def test_a_secret_is_long_enough() -> None:
    with pytest.raises(ValueError, match="fewer than 16"):
        peer_key(b"short")


def test_the_first_order_waits_for_a_nonce_and_then_goes() -> None:
    first, second = link(SECOND), link(FIRST)
    hello = decode(first.forward(ID, CLIENT, 0.0))
    assert isinstance(second.open(hello, FIRST), Hello)
    nonce = first.open(decode(second.on_hello(ID, FIRST, 0.0)), SECOND)
    assert isinstance(nonce, Nonce)
    (forwarded,) = first.on_nonce(nonce, 0.1)
    order = second.open(decode(forwarded), FIRST)
    assert order == Forward(nonce.nonce, CLIENT)
    assert second.is_proved(order, FIRST, 0.1)
    assert not second.is_proved(order, CLIENT, 0.1)
    assert not second.is_proved(order, FIRST, TOKEN_LIFE_S + 2)
    assert first.other_port == 3479


def test_an_order_is_served_once() -> None:
    second = link(None)
    assert second.is_new(ID, 0.0)
    assert not second.is_new(ID, 1.0)


def test_without_the_secret_nothing_opens() -> None:
    data = link(SECOND, peer_key(b"another secret of theirs")).forward(ID, CLIENT, 0.0)
    assert link(FIRST).open(decode(data), SECOND) is None


def test_answers_count_only_from_the_peer() -> None:
    data = decode(link(FIRST).done(ID, Fate.SENT))
    assert link(SECOND).open(data, CLIENT) is None
    assert link(SECOND).open(data, SECOND) is not None


def test_an_order_that_waits_too_long_is_forgotten() -> None:
    first = link(SECOND)
    first.forward(ID, CLIENT, 0.0)
    assert first.on_nonce(Nonce(bytes(16), 3479), 5.0) == []


def test_a_hello_goes_out_only_when_the_nonce_is_old() -> None:
    first = link(SECOND)
    assert first.wake(ID, 0.0) is not None
    first.on_nonce(Nonce(bytes(16), 3479), 0.0)
    assert first.wake(ID, 10.0) is None
    assert first.wake(ID, 25.0) is not None


def test_a_peer_that_was_started_again_gives_a_new_nonce_and_the_order_goes_through() -> None:
    wire = pair()
    token = wire.offer().token
    fresh = pair(second_key=bytes([7]) * 16)
    wire.servers[SECOND] = fresh.servers[SECOND]
    ((start, reply),) = wire.order(Way.OTHER_ADDRESS, token, 1)
    assert (start.ip, reply.target) == (SECOND.ip, CLIENT)
    assert wire.fates(token, 1).fates == (Fate.SENT,)


def test_a_recorded_order_does_nothing_when_it_is_played_again() -> None:
    wire = pair()
    token = wire.offer().token
    wire.order(Way.OTHER_ADDRESS, token, 1)
    forwarded = [reply.data for start, reply in wire.sent if start == FIRST and reply.target == SECOND]
    for data in forwarded:
        assert wire.send(data, FIRST, SECOND, 1.0) == []
        for _ in range(200):
            answers = [reply for _, reply in wire.send(data, CLIENT, SECOND, 1.0)]
            assert all(reply.kind == "helper-peer" and len(reply.data) <= len(data) for reply in answers)
    recorded = [reply for _, reply in wire.sent if reply.target == CLIENT and reply.kind == "helper-peer"]
    assert len(recorded) <= 60
