"""The helper counts a train for who booked it, sends back what came and not a byte more, and forgets soon."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from natscope.machines.helper.server import HelperServer
from natscope.machines.helper.tokens import TOKEN_LIFE_S
from natscope.machines.helper.trains import BUSY_S, LINGER_S, MAX_LENGTH, MAX_OPEN, MAX_RATE, TRAIN_BURST, Trains
from natscope.machines.stun_responder import Drop, Reply
from natscope.model.endpoint import Endpoint
from natscope.wire.stun.attributes import Attr
from natscope.wire.stun.helper_messages import Ask, Offer, encode_helper
from natscope.wire.stun.message import TAILSCALE_SOFTWARE, MessageClass, decode, encode
from natscope.wire.stun.train_messages import (
    MAX_PACKETS,
    BookTrain,
    CountTrain,
    TrainEcho,
    TrainGrant,
    TrainMessage,
    TrainPacket,
    TrainTally,
    decode_train,
    encode_train,
)
from tests.machines.helper.pair import CLIENT, FIRST, HOME, V6_FIRST, places, request, told, two_addresses

STRANGER = Endpoint.parse("198.51.100.66:53")
LENGTH = 972


def server(rate: int = MAX_RATE) -> HelperServer:
    return HelperServer(bytes(16), places(FIRST), train_rate=rate)


def asking(message: TrainMessage, identity: bytes = bytes(12)) -> bytes:
    attributes = [(int(Attr.SOFTWARE), TAILSCALE_SOFTWARE), (int(Attr.HELPER), encode_train(message))]
    return encode(MessageClass.REQUEST, identity, attributes, fingerprint=True)


def packet(message: TrainMessage, identity: bytes = bytes(12)) -> bytes:
    return encode(MessageClass.INDICATION, identity, [(int(Attr.HELPER), encode_train(message))])


def sent(helper: HelperServer, data: bytes, source: Endpoint = CLIENT, now: float = 0.0) -> list[Reply]:
    """What leaves; nothing for what is dropped."""
    outcome = helper.handle(decode(data), source, HOME, now)
    return [] if outcome is None or isinstance(outcome, Drop) else outcome


def token(helper: HelperServer, source: Endpoint = CLIENT, now: float = 0.0) -> bytes:
    (reply,) = sent(helper, request(Ask()), source, now)
    offer = told(reply.data)
    assert isinstance(offer, Offer)
    return offer.token


def answer_of(replies: list[Reply]) -> TrainMessage:
    (reply,) = replies
    value = decode(reply.data).first(Attr.HELPER)
    assert value is not None
    return decode_train(value)


def booked(
    helper: HelperServer, source: Endpoint = CLIENT, *, packets: int = 4, number: int = 0, now: float = 0.0
) -> TrainGrant:
    wanted = BookTrain(number, token(helper, source, now), packets, 100, LENGTH)
    grant = answer_of(sent(helper, asking(wanted), source, now))
    assert isinstance(grant, TrainGrant)
    return grant


def arrived(helper: HelperServer, ticket: bytes, now: float = 0.0, number: int = 0) -> frozenset[int]:
    tally = answer_of(sent(helper, asking(CountTrain(number, ticket)), now=now))
    assert isinstance(tally, TrainTally)
    return tally.arrived


def test_what_arrives_comes_back_once_as_long_as_it_was_and_is_told() -> None:
    helper = server()
    grant = booked(helper)
    for number in (0, 2, 2):
        data = packet(TrainPacket(0, number, grant.ticket, LENGTH - 36))
        replies = sent(helper, data, now=0.1 * number)
        if replies:
            ((echo, place, target, kind),) = replies
            assert (len(echo), place, target, kind) == (len(data), HOME, CLIENT, "helper-echo")
            assert answer_of(replies) == TrainEcho(0, number, grant.ticket, LENGTH - 36)
            assert decode(echo).message_class is MessageClass.INDICATION
    tally = answer_of(sent(helper, asking(CountTrain(0, grant.ticket)), now=0.3))
    assert tally == TrainTally(0, 200_000, frozenset({0, 2}))


def test_a_grant_is_what_this_server_can_stand() -> None:
    helper = server(rate=50)
    wanted = BookTrain(0, token(helper), 60_000, 9_000, LENGTH)
    grant = answer_of(sent(helper, asking(wanted)))
    assert isinstance(grant, TrainGrant)
    assert (grant.packets, grant.rate) == (MAX_PACKETS, 50)


def test_a_booking_that_comes_twice_is_one() -> None:
    helper = server()
    first = booked(helper)
    sent(helper, packet(TrainPacket(0, 1, first.ticket)))
    assert booked(helper) == first
    assert arrived(helper, first.ticket) == {1}


def test_a_new_number_is_a_new_train() -> None:
    helper = server()
    first = booked(helper)
    second = booked(helper, number=1, now=2.0)
    assert second.ticket != first.ticket
    assert sent(helper, packet(TrainPacket(0, 1, first.ticket)), now=2.0) == []
    assert sent(helper, packet(TrainPacket(1, 1, first.ticket)), now=2.0) == []
    assert len(sent(helper, packet(TrainPacket(1, 1, second.ticket)), now=2.0)) == 1


def test_without_a_train_of_ones_own_there_is_nothing() -> None:
    helper = server()
    grant = booked(helper)
    wrong = bytes(8)
    for data in (
        packet(TrainPacket(0, 0, wrong)),
        packet(TrainPacket(0, 4, grant.ticket)),
        packet(TrainPacket(0, 0, grant.ticket, LENGTH)),
        packet(TrainEcho(0, 0, grant.ticket)),
        packet(TrainGrant(0, 4, 100, 0, grant.ticket)),
        packet(BookTrain(0, token(helper), 4, 100, LENGTH)),
        asking(TrainPacket(0, 0, grant.ticket)),
        asking(TrainEcho(0, 0, grant.ticket)),
        asking(BookTrain(0, bytes(16), 4, 100, LENGTH)),
        asking(CountTrain(0, wrong)),
    ):
        assert sent(helper, data) == []
    for other in (STRANGER, Endpoint(CLIENT.ip, CLIENT.port + 1)):
        assert sent(helper, packet(TrainPacket(0, 0, grant.ticket)), other) == []
        assert sent(helper, asking(CountTrain(0, grant.ticket)), other) == []
    assert arrived(helper, grant.ticket) == frozenset()


def test_only_a_packet_that_is_nothing_else_comes_back() -> None:
    """The echo is written over the first attribute: HELPER must be that."""
    helper = server()
    grant = booked(helper)
    value = encode_train(TrainPacket(0, 0, grant.ticket))
    data = encode(
        MessageClass.INDICATION, bytes(12), [(int(Attr.SOFTWARE), TAILSCALE_SOFTWARE), (int(Attr.HELPER), value)]
    )
    assert sent(helper, data) == []


def test_a_train_ends() -> None:
    helper = server()
    grant = booked(helper, packets=100)
    assert sent(helper, packet(TrainPacket(0, 0, grant.ticket)), now=1.0 + LINGER_S)
    assert sent(helper, packet(TrainPacket(0, 1, grant.ticket)), now=1.1 + LINGER_S) == []
    assert sent(helper, asking(CountTrain(0, grant.ticket)), now=1.1 + LINGER_S) == []


def test_an_old_token_books_nothing() -> None:
    helper = server()
    old = token(helper)
    assert sent(helper, asking(BookTrain(0, old, 4, 100, LENGTH)), now=TOKEN_LIFE_S + 1) == []


def test_one_address_has_one_train_and_all_have_few() -> None:
    helper = server()
    booked(helper)
    neighbour = booked(helper, Endpoint(CLIENT.ip, 1234))
    assert (neighbour.packets, neighbour.retry_s) == (0, BUSY_S)
    others = [booked(helper, Endpoint.parse(f"198.51.100.{n}:1000")) for n in range(MAX_OPEN)]
    assert [grant.packets for grant in others] == [4] * (MAX_OPEN - 1) + [0]
    later = booked(helper, Endpoint.parse("198.51.100.99:1000"), now=1.0 + LINGER_S)
    assert later.packets == 4


def test_an_address_gets_only_so_many() -> None:
    helper = server()
    grants = [booked(helper, number=n, now=n / 100) for n in range(TRAIN_BURST + 1)]
    assert [grant.packets for grant in grants] == [4] * TRAIN_BURST + [0]
    assert booked(helper, number=99, now=20.0).packets == 4


def test_a_server_may_count_none() -> None:
    grant = booked(server(rate=0))
    assert (grant.packets, grant.retry_s) == (0, 0)


def test_long_packets_are_not_for_this() -> None:
    helper = server()
    grant = answer_of(sent(helper, asking(BookTrain(0, token(helper), 4, 100, MAX_LENGTH + 4))))
    assert isinstance(grant, TrainGrant)
    assert grant.packets == 0


def test_a_wrong_fingerprint_is_dropped() -> None:
    helper = server()
    data = asking(BookTrain(0, token(helper), 4, 100, LENGTH))
    broken = data[:-1] + bytes([data[-1] ^ 1])
    assert helper.handle(decode(broken), CLIENT, HOME, 0.0) is Drop.FINGERPRINT


SOURCES = (CLIENT, Endpoint(CLIENT.ip, 53), STRANGER, Endpoint.parse("[2001:db8::9]:4000"))
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["ask", "short ask", "book", "packet", "echo", "count", "junk"]),
        st.integers(0, 3), st.integers(0, 3), st.integers(0, 3), st.sampled_from([0, 1, 8, 900, 1164]),
    ),
    max_size=40,
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(STEPS, st.sampled_from([FIRST, V6_FIRST]))
def test_nobody_gets_more_than_he_sent_whatever_is_spoofed(
    steps: list[tuple[str, int, int, int, int]], main: Endpoint
) -> None:
    """Tokens and tickets are those that any of the sources got, played from any source."""
    helper, now = two_addresses(main), 0.0
    tokens, tickets = [bytes(16)], [bytes(8)]
    bytes_in, bytes_out = dict.fromkeys(SOURCES, 0), dict.fromkeys(SOURCES, 0)
    for what, who, number, which, filler in steps:
        source, now = SOURCES[who], now + 0.3
        proof, ticket = tokens[which % len(tokens)], tickets[which % len(tickets)]
        data = {
            "ask": request(Ask()),
            "short ask": encode(MessageClass.REQUEST, bytes(12), [(int(Attr.HELPER), encode_helper(Ask()))]),
            "book": asking(BookTrain(number, proof, 4, 100, LENGTH)),
            "packet": packet(TrainPacket(number, which, ticket, filler)),
            "echo": packet(TrainEcho(number, which, ticket, filler)),
            "count": asking(CountTrain(number, ticket)),
            "junk": encode(MessageClass.INDICATION, bytes(12), [(int(Attr.HELPER), bytes([8, number, 0, which]))]),
        }[what]
        bytes_in[source] += len(data)
        for reply in sent(helper, data, source, now):
            assert len(reply.data) <= len(data)
            bytes_out[reply.target] += len(reply.data)
            assert reply.target == source
            offer, value = told_or_none(reply.data), decode(reply.data).first(Attr.HELPER)
            if isinstance(offer, Offer):
                tokens.append(offer.token)
            elif value and isinstance(grant := decode_train(value), TrainGrant):
                tickets.append(grant.ticket)
    assert all(bytes_out[source] <= bytes_in[source] for source in SOURCES)


def told_or_none(data: bytes) -> object:
    from natscope.errors import RemoteError

    try:
        return told(data)
    except RemoteError:
        return None


def test_the_table_is_bounded() -> None:
    from natscope.machines.helper.tokens import Tokens

    trains = Trains(Tokens(bytes(16)))
    for number in range(200):
        source = Endpoint.parse(f"192.0.2.{number}:1000")
        trains.book(BookTrain(0, bytes(16), 512, 1, LENGTH), source, float(number))
        assert len(trains) <= MAX_OPEN


def test_two_servers_do_not_answer_each_other() -> None:
    """An echo is no packet: it starts nothing."""
    helper = server()
    grant = booked(helper)
    (reply,) = sent(helper, packet(TrainPacket(0, 0, grant.ticket)))
    assert sent(helper, reply.data) == []


@pytest.mark.parametrize("message", [TrainPacket(0, 0, bytes(8)), TrainEcho(0, 0, bytes(8))])
def test_a_server_that_is_no_peer_takes_trains_for_no_peers(message: TrainMessage) -> None:
    assert server().handle(decode(packet(message)), STRANGER, HOME, 0.0) is Drop.HELPER
