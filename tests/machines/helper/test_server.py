"""The helper sends to who asked, what was ordered, never more than came in, and tells what it did."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from natscope.machines.helper.server import ANSWER_BURST, ORDER_BURST, PORT_BURST, HelperServer
from natscope.machines.helper.tokens import TOKEN_LIFE_S
from natscope.machines.stun_responder import Drop, Reply
from natscope.model.endpoint import Endpoint
from natscope.wire.stun.attributes import Attr
from natscope.wire.stun.helper_messages import (
    Ask,
    AskMarks,
    Count,
    Fate,
    HelperMessage,
    Offer,
    Order,
    TellMarks,
    Way,
    encode_helper,
)
from natscope.wire.stun.message import MessageClass, decode, encode
from natscope.wire.udp_shapes import Shape, answer_to, encode_shape, random_bytes
from tests.machines.helper.pair import (
    CLIENT,
    FIRST,
    HOME,
    SECOND,
    V6_CLIENT,
    V6_FIRST,
    V6_SECOND,
    Wire,
    lonely,
    pair,
    request,
    told,
    two_addresses,
)

STRANGER = Endpoint.parse("198.51.100.66:53")
BOTH = (Way.OTHER_PORT, Way.OTHER_ADDRESS)


def alone() -> Wire:
    return Wire({FIRST: lonely()})


def wide() -> Wire:
    return Wire({FIRST: two_addresses()})


def wide_v6() -> Wire:
    return Wire({V6_FIRST: two_addresses(V6_FIRST)})


def pair_v6() -> Wire:
    return pair(servers=(V6_FIRST, V6_SECOND))


def bare(message: HelperMessage, identity: bytes) -> bytes:
    """As short as a request can be."""
    return encode(MessageClass.REQUEST, identity, [(int(Attr.HELPER), encode_helper(message))])


def bare_checked(message: HelperMessage, identity: bytes) -> bytes:
    return encode(MessageClass.REQUEST, identity, [(int(Attr.HELPER), encode_helper(message))], fingerprint=True)


def test_the_offer_names_the_places() -> None:
    assert alone().offer().other is None
    assert alone().offer().other_port == 3479
    offer = wide().offer()
    assert (offer.other_port, str(offer.other), offer.other_main_port) == (3479, "192.0.2.2:3479", 3478)
    wire = pair()
    wire.offer()  # the first one wakes the peer, which tells its other port
    offer = wire.offer()
    assert (offer.other_port, str(offer.other), offer.other_main_port) == (3479, "192.0.2.2:3479", 3478)


@pytest.mark.parametrize("make", [wide, pair])
def test_an_order_gives_one_packet_from_the_place_that_was_named(make: Callable[[], Wire]) -> None:
    wire = make()
    token = wire.offer().token
    for number, (way, start) in enumerate(zip(BOTH, ("192.0.2.1:3479", "192.0.2.2:3479"), strict=True)):
        ((came_from, reply),) = wire.order(way, token, number)
        assert (str(came_from), reply.target) == (start, CLIENT)
        answer = decode(reply.data)
        assert (answer.message_class, answer.transaction_id) == (MessageClass.SUCCESS, number.to_bytes(12, "little"))
        assert answer.mapped_address == CLIENT
    assert wire.fates(token, 0, 1).fates == (Fate.SENT, Fate.SENT)


def test_without_a_second_address_that_way_is_refused() -> None:
    wire = alone()
    token = wire.offer().token
    assert wire.order(Way.OTHER_ADDRESS, token, 1) == []
    assert wire.fates(token, 1).fates == (Fate.REFUSED,)


def test_a_peer_that_is_silent_has_not_confirmed() -> None:
    wire = pair()
    token = wire.offer().token
    wire.is_cut = True
    assert wire.order(Way.OTHER_ADDRESS, token, 1) == []
    assert wire.fates(token, 1, 2).fates == (Fate.WAITING, Fate.UNKNOWN)


@pytest.mark.parametrize("way", BOTH)
def test_a_token_of_somebody_else_orders_nothing(way: Way) -> None:
    wire = wide()
    token = wire.offer().token
    assert wire.order(way, token, 1, source=STRANGER) == []
    assert wire.order(way, bytes(16), 2) == []
    assert wire.order(way, token, 3, now=TOKEN_LIFE_S + 2) == []
    assert wire.drops == [Drop.HELPER] * 3


def test_an_order_is_carried_out_once() -> None:
    wire = wide()
    token = wire.offer().token
    assert len(wire.order(Way.OTHER_PORT, token, 1)) == 1
    assert wire.order(Way.OTHER_PORT, token, 1) == []


def test_another_port_of_the_same_address_may_be_named_and_no_low_one() -> None:
    wire = wide()
    token = wire.offer().token
    ((_, reply),) = wire.order(Way.OTHER_ADDRESS, token, 1, port=5000)
    assert reply.target == Endpoint(CLIENT.ip, 5000)
    assert wire.order(Way.OTHER_ADDRESS, token, 2, port=1023) == []
    assert wire.fates(token, 1, 2).fates == (Fate.SENT, Fate.REFUSED)


def test_limits_per_source_are_told() -> None:
    wire = wide()
    token = wire.offer().token
    sent = [len(wire.order(Way.OTHER_PORT, token, number)) for number in range(60)]
    assert sum(sent) == ORDER_BURST
    assert wire.fates(token, 0, 59).fates == (Fate.SENT, Fate.LIMITED)
    assert wire.drops.count(Drop.RATE_LIMITED) == 60 - ORDER_BURST


def test_other_ports_have_a_smaller_limit() -> None:
    wire = wide()
    token = wire.offer().token
    sent = [len(wire.order(Way.OTHER_PORT, token, n, port=2000 + n)) for n in range(30)]
    assert sum(sent) == PORT_BURST


def test_a_flood_of_many_sources_is_limited_as_a_whole() -> None:
    wire, sent = wide(), 0
    for number in range(1000):
        source = Endpoint(CLIENT.ip + number, 5000)
        token = wire.offer(source=source).token
        sent += len(wire.order(Way.OTHER_PORT, token, number, source=source))
    assert sent == 400


@pytest.mark.parametrize("text", ["0.0.0.0:5", "255.255.255.255:5", "224.0.0.1:5", "192.0.2.1:3479", "203.0.113.1:0"])
def test_who_cannot_be_a_client_gets_nothing(text: str) -> None:
    wire = wide()
    assert wire.send(request(Ask()), Endpoint.parse(text), FIRST, 0.0) == []


SHAPES: list[HelperMessage] = [Ask(), Order(Way.OTHER_PORT, bytes(16)), Count(bytes(16), (b"abcd",) * 8)]


BARE_ASK, FULL_ASK = 72, 92
"""Without SOFTWARE and fingerprint, and with both, as our client asks."""


@pytest.mark.parametrize("source", [CLIENT, V6_CLIENT], ids=str)
@pytest.mark.parametrize("make", [alone, wide, pair, wide_v6, pair_v6])
@pytest.mark.parametrize("write", [request, bare, bare_checked])
def test_no_answer_is_larger_than_its_request_and_there_is_at_most_one(
    make: Callable[[], Wire], source: Endpoint, write: Callable[[HelperMessage, bytes], bytes]
) -> None:
    wire = make()
    target = next(iter(wire.servers))
    wire.offer(source=source, target=target)  # wakes the peer, which tells its other port
    token = wire.offer(source=source, target=target).token
    known = (Order(Way.OTHER_PORT, token), Order(Way.OTHER_ADDRESS, token), Count(token, (b"abcd",)))
    for number, message in enumerate((*SHAPES, *known, Count(token, (b"abcd",) * 8))):
        data = write(message, number.to_bytes(12, "little"))
        for _ in range(3):
            out = wire.send(data, source, target, 0.0)
            assert len(out) <= 1
            assert sum(len(reply.data) for _, reply in out) <= len(data)


@pytest.mark.parametrize("make", [wide_v6, pair_v6])
def test_over_ipv6_a_short_ask_is_told_of_the_other_port_only(make: Callable[[], Wire]) -> None:
    wire = make()
    target = next(iter(wire.servers))
    wire.offer(source=V6_CLIENT, target=target)
    full = wire.offer(source=V6_CLIENT, target=target)
    assert str(full.other) == "[2001:db8::2]:3479"
    ((_, reply),) = wire.send(bare(Ask(), bytes(12)), V6_CLIENT, target, 0.0)
    assert told(reply.data) == Offer(full.token, 3479)
    assert (len(bare(Ask(), bytes(12))), len(request(Ask()))) == (BARE_ASK, FULL_ASK)


def test_a_count_that_is_shorter_than_its_tally_gets_silence() -> None:
    wire = wide_v6()
    target = next(iter(wire.servers))
    token = wire.offer(source=V6_CLIENT, target=target).token
    assert wire.send(bare(Count(token, (b"abcd",)), bytes(12)), V6_CLIENT, target, 0.0) == []
    assert wire.drops == [Drop.TOO_LARGE]


@settings(max_examples=300)
@given(st.binary(max_size=60), st.booleans(), st.booleans())
def test_any_value_gets_at_most_one_smaller_answer(value: bytes, fingerprint: bool, is_v6: bool) -> None:
    source, server = (V6_CLIENT, two_addresses(V6_FIRST)) if is_v6 else (CLIENT, two_addresses())
    data = encode(MessageClass.REQUEST, bytes(12), [(int(Attr.HELPER), value)], fingerprint=fingerprint)
    outcome = server.handle(decode(data), source, HOME, 0.0)
    if isinstance(outcome, list):
        assert len(outcome) <= 1
        # The only answer without a token is the offer, and only to an ask of full length.
        assert all(reply.target == source and reply.kind == "helper-offer" for reply in outcome)
        assert sum(len(reply.data) for reply in outcome) <= len(data)


def test_a_wrong_fingerprint_and_a_peer_without_the_secret_get_silence() -> None:
    wire = pair()
    data = request(Ask())
    assert wire.send(data[:-1] + bytes([data[-1] ^ 1]), CLIENT, FIRST, 0.0) == []
    for step in ("10000000" + "00" * 16, "12000000" + "00" * 16 + "00010035c6336442"):
        body = [(int(Attr.HELPER), bytes.fromhex(step))]
        assert wire.send(encode(MessageClass.INDICATION, bytes(12), body), SECOND, FIRST, 0.0) == []
    assert wire.drops == [Drop.FINGERPRINT, Drop.NOT_A_REQUEST, Drop.NOT_A_REQUEST]


def test_what_is_no_business_of_the_helper_is_left_to_the_responder() -> None:
    server = lonely()
    plain = encode(MessageClass.REQUEST, bytes(12))
    later = encode(MessageClass.REQUEST, bytes(12), [(int(Attr.HELPER), b"\x77\0\0\0")])
    assert server.handle(decode(plain), CLIENT, HOME, 0.0) is None
    assert server.handle(decode(later), CLIENT, HOME, 0.0) is None


def test_answers_do_not_loop_between_servers() -> None:
    wire = pair()
    token = wire.offer().token
    wire.order(Way.OTHER_ADDRESS, token, 1)
    for (_, reply), server in itertools.product(list(wire.sent), (FIRST, SECOND)):
        if reply.target == CLIENT:
            assert wire.send(reply.data, CLIENT, server, 0.0) == []
    assert encode_helper(Ask())


def marks(tos: int | None, source: Endpoint = CLIENT, server: HelperServer | None = None) -> list[Reply] | Drop | None:
    """What one ask for marks gets."""
    data = request(AskMarks())
    return (server or two_addresses()).handle(decode(data), source, HOME, 0.0, tos)


def test_marks_are_told_and_no_answer_is_longer() -> None:
    for source in (CLIENT, Endpoint.parse("[2001:db8::9]:40000")):
        replies = marks(0x8A, source)
        assert isinstance(replies, list)
        (reply,) = replies
        assert decode(reply.data).first(Attr.HELPER) == encode_helper(TellMarks(0x8A))
        assert (reply.target, reply.kind) == (source, "helper-marks")
        assert len(reply.data) <= len(request(AskMarks()))


def test_a_system_that_does_not_tell_gives_the_plain_answer() -> None:
    assert marks(None) is None


def test_marks_and_shapes_are_limited_as_other_answers_are() -> None:
    server, asked = two_addresses(), encode_shape(Shape.OPAQUE, bytes(47))
    got = [marks(0, server=server) for _ in range(70)] + [server.shaped(asked, CLIENT, HOME, 0.0)]
    assert got[-1] is Drop.RATE_LIMITED
    assert sum(isinstance(one, list) for one in got) == ANSWER_BURST


@pytest.mark.parametrize("shape", Shape)
def test_a_shape_gets_one_shorter_answer(shape: Shape) -> None:
    asked = encode_shape(shape, bytes(random_bytes(shape)))
    replies = two_addresses().shaped(asked, CLIENT, HOME, 0.0)
    assert isinstance(replies, list)
    (reply,) = replies
    assert (reply.target, reply.data) == (CLIENT, answer_to(asked))
    assert len(reply.data) < len(asked)
    assert two_addresses().shaped(asked[:-1] + b"x", CLIENT, HOME, 0.0) is None
    assert two_addresses().shaped(asked, Endpoint.parse("255.255.255.255:9"), HOME, 0.0) is Drop.SOURCE
