"""The STUN responder: who is answered, with what, from where."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.machines.api import Received, Send, Tick
from natscope.machines.stun_responder import (
    HOME,
    MAX_GROWTH,
    MAX_UNKNOWN,
    Drop,
    Dropped,
    Place,
    Reply,
    StunResponder,
    is_answerable,
)
from natscope.model.endpoint import Endpoint
from natscope.wire.stun.attributes import Attr, Change, encode_address, encode_change, encode_response_port
from natscope.wire.stun.classic import encode_classic_request
from natscope.wire.stun.integrity import append_fingerprint, append_integrity
from natscope.wire.stun.message import (
    MessageClass,
    RequestForm,
    decode,
    encode,
    encode_binding_request,
    encode_binding_success,
)
from tests.wire.stun.vectors import VECTORS, named

ID = bytes(range(12))
CLASSIC_ID = bytes(range(16))
CLIENT = Endpoint.parse("203.0.113.7:40000")
CLIENT6 = Endpoint.parse("[2001:db8::7]:40000")
PLACES = {
    Place(address, port): Endpoint.parse(f"192.0.2.{10 + address}:{3478 + port}")
    for address in (0, 1)
    for port in (0, 1)
}
DEFAULT = StunResponder(own=[Endpoint.parse("192.0.2.10:3478")])
ALTERNATE = StunResponder(PLACES)
ALL_CHANGES = [Change(a, p) for a in (False, True) for p in (False, True)]


def answered(responder: StunResponder, data: bytes, source: Endpoint = CLIENT, arrival: Place = HOME) -> Reply:
    outcome = responder.respond(data, source, arrival)
    assert isinstance(outcome, Reply), outcome
    return outcome


# default server


@pytest.mark.parametrize("form", RequestForm)
@pytest.mark.parametrize(("source", "size"), [(CLIENT, 32), (CLIENT6, 44)])
def test_both_forms_get_one_xored_address_and_nothing_else(form: RequestForm, source: Endpoint, size: int) -> None:
    reply = answered(DEFAULT, encode_binding_request(ID, form), source)
    assert reply == Reply(encode_binding_success(ID, source), HOME, source, "success")
    assert len(reply.data) == size
    assert [kind for kind, _ in decode(reply.data).attributes] == [Attr.XOR_MAPPED_ADDRESS]
    assert decode(reply.data).mapped_address == source


def test_the_answer_is_upstreams_own() -> None:
    for vector in named("tailscale_response"):
        request = encode_binding_request(bytes.fromhex(vector["txid"]), RequestForm.TAILSCALE)
        assert answered(DEFAULT, request, Endpoint.parse(vector["mapped"])).data.hex() == vector["hex"]


@pytest.mark.parametrize(
    "attributes",
    [
        [(Attr.SOFTWARE, b"a client")],
        [(0xC001, b"optional and unknown")],
        [(Attr.USERNAME, b"u"), (Attr.REALM, b"r"), (Attr.NONCE, b"n"), (Attr.MESSAGE_INTEGRITY, bytes(20))],
        [(Attr.PRIORITY, bytes(4)), (Attr.USE_CANDIDATE, b"")],
    ],
)
def test_attributes_that_change_nothing_change_nothing(attributes: list[tuple[int, bytes]]) -> None:
    assert answered(DEFAULT, encode_binding_request(ID, attributes=attributes)).data == encode_binding_success(
        ID, CLIENT
    )


def test_a_request_with_integrity_and_fingerprint_is_answered_plainly() -> None:
    request = append_fingerprint(append_integrity(encode_binding_request(ID), b"key"))
    assert answered(DEFAULT, request).data == encode_binding_success(ID, CLIENT)


@pytest.mark.parametrize("kind", [0x7001, Attr.CHANGE_REQUEST, Attr.RESPONSE_PORT, Attr.PADDING, Attr.RESPONSE_ADDRESS])
def test_a_required_attribute_that_is_not_served_gets_420(kind: int) -> None:
    reply = answered(DEFAULT, encode_binding_request(ID, attributes=[(kind, b"")]))
    message = decode(reply.data)
    assert message.error is not None
    assert (message.error.code, message.unknown_attributes, reply.kind) == (420, (kind,), "error-420")


def test_what_stands_behind_the_integrity_attribute_is_ignored() -> None:
    request = encode(MessageClass.REQUEST, ID, [(Attr.MESSAGE_INTEGRITY, bytes(20)), (0x7001, b"")])
    assert answered(DEFAULT, request).kind == "success"
    change = (int(Attr.CHANGE_REQUEST), encode_change(Change(True, True)))
    request = encode(MessageClass.REQUEST, ID, [(Attr.MESSAGE_INTEGRITY, bytes(20)), change])
    assert answered(ALTERNATE, request).place == HOME


def test_unknown_attributes_are_named_once_and_up_to_a_limit() -> None:
    request = encode_binding_request(ID, attributes=[(0x7001, b""), (0x7001, b""), (0x7002, b"")])
    assert decode(answered(DEFAULT, request).data).unknown_attributes == (0x7001, 0x7002)
    many = encode_binding_request(ID, attributes=[(0x7000 + n, b"") for n in range(MAX_UNKNOWN + 1)])
    assert DEFAULT.respond(many, CLIENT) is Drop.UNKNOWN_ATTRIBUTES


SILENCE = [
    (b"", Drop.NOT_STUN),
    (b"\0", Drop.NOT_STUN),
    (b"\x16\xfe\xfd" + bytes(40), Drop.NOT_STUN),  # DTLS
    (b"\xc3\0\0\0\1" + bytes(60), Drop.NOT_STUN),  # QUIC
    (b"\4\0\0\0" + bytes(28), Drop.NOT_A_REQUEST),  # WireGuard data
    (encode_binding_request(ID)[:-1], Drop.NOT_STUN),
    (encode_binding_request(ID) + b"x", Drop.TRAILING_BYTES),
    (b"\0\1\0\x10" + encode_binding_request(ID)[4:], Drop.NOT_STUN),
    (encode_binding_success(ID, CLIENT), Drop.NOT_A_REQUEST),
    (encode(MessageClass.INDICATION, ID), Drop.NOT_A_REQUEST),
    (encode(MessageClass.ERROR, ID), Drop.NOT_A_REQUEST),
    (encode(MessageClass.REQUEST, ID, method=3), Drop.NOT_A_REQUEST),
    (encode_binding_request(ID, RequestForm.TAILSCALE)[:-1] + b"\0", Drop.FINGERPRINT),
    (encode(MessageClass.REQUEST, ID, [(Attr.FINGERPRINT, bytes(4)), (Attr.SOFTWARE, b"x")]), Drop.FINGERPRINT),
]


@pytest.mark.parametrize("responder", [DEFAULT, ALTERNATE], ids=["default", "alternate"])
@pytest.mark.parametrize(("data", "reason"), SILENCE)
def test_silence_with_its_reason(responder: StunResponder, data: bytes, reason: Drop) -> None:
    assert responder.respond(data, CLIENT) is reason


def test_classic_requests_get_silence_by_default() -> None:
    assert DEFAULT.respond(encode_classic_request(CLASSIC_ID), CLIENT) is Drop.CLASSIC


@pytest.mark.parametrize(
    "source", ["203.0.113.7:0", "192.0.2.10:3478", "224.0.0.1:9", "255.255.255.255:9", "0.1.2.3:9"]
)
def test_sources_that_are_no_clients(source: str) -> None:
    assert DEFAULT.respond(encode_binding_request(ID), Endpoint.parse(source)) is Drop.SOURCE


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("::1", True),
        ("2001:db8::1", True),
        ("fe80::1", True),
        ("127.0.0.1", True),
        ("::", False),
        ("ff02::1", False),
        ("::ffff:192.0.2.1", False),
        ("::192.0.2.1", False),
        ("240.0.0.1", False),
    ],
)
def test_which_addresses_can_be_clients(text: str, good: bool) -> None:
    assert is_answerable(ipaddress.ip_address(text)) is good


ANY_REQUEST = st.builds(
    lambda attributes, fingerprint: encode(MessageClass.REQUEST, ID, attributes, fingerprint=fingerprint),
    st.lists(st.tuples(st.sampled_from([*Attr, 0x7001, 0x7002, 0xC001]), st.binary(max_size=24)), max_size=20),
    st.booleans(),
)


@given(ANY_REQUEST | st.binary(max_size=80), st.sampled_from([CLIENT, CLIENT6]))
def test_no_default_answer_exceeds_its_request_too_far(data: bytes, source: Endpoint) -> None:
    outcome = DEFAULT.respond(data, source)
    if isinstance(outcome, Reply):
        assert len(outcome.data) <= MAX_GROWTH * len(data)
        assert (outcome.target, outcome.place) == (source, HOME)
        assert decode(outcome.data).message_class in (MessageClass.SUCCESS, MessageClass.ERROR)
        assert DEFAULT.respond(outcome.data, source) is Drop.NOT_A_REQUEST


def test_two_servers_pointed_at_each_other_say_one_thing_once() -> None:
    others = Endpoint.parse("198.51.100.1:3478")
    for request in (encode_binding_request(ID), encode_binding_request(ID, attributes=[(0x7001, b"")])):
        for server in (DEFAULT, ALTERNATE):
            reply = answered(server, request, others)
            for other in (DEFAULT, ALTERNATE):
                assert isinstance(other.respond(reply.data, CLIENT), Drop)


# alternate server


@pytest.mark.parametrize("arrival", PLACES)
@pytest.mark.parametrize("change", ALL_CHANGES)
def test_change_request_picks_the_socket_from_any_arrival(arrival: Place, change: Change) -> None:
    request = encode_binding_request(ID, attributes=[(Attr.CHANGE_REQUEST, encode_change(change))])
    reply = answered(ALTERNATE, request, arrival=arrival)
    origin = Place(arrival.address ^ change.address, arrival.port ^ change.port)
    message = decode(reply.data)
    assert (reply.place, reply.target) == (origin, CLIENT)
    assert message.response_origin == PLACES[origin]
    assert message.other_address == PLACES[Place(1 - arrival.address, 1 - arrival.port)]
    assert message.mapped_address == message.mapped == CLIENT


@pytest.mark.parametrize("arrival", PLACES)
@pytest.mark.parametrize("change", ALL_CHANGES)
def test_classic_clients_get_classic_answers(arrival: Place, change: Change) -> None:
    reply = answered(ALTERNATE, encode_classic_request(CLASSIC_ID, change), arrival=arrival)
    message = decode(reply.data)
    assert (message.classic, message.transaction_id, message.mapped) == (True, CLASSIC_ID, CLIENT)
    assert reply.place == arrival.changed(change)
    assert message.response_origin == PLACES[reply.place]
    assert message.other_address == PLACES[arrival.changed(Change(True, True))]
    assert {kind for kind, _ in message.attributes} == {Attr.MAPPED_ADDRESS, Attr.SOURCE_ADDRESS, Attr.CHANGED_ADDRESS}


def test_the_known_rfc5780_and_rfc3489_answers() -> None:
    places = {Place(a, p): Endpoint.parse(f"192.0.2.{10 + a}:{3478 + p}") for a in (0, 1) for p in (0, 1)}
    server = StunResponder(places)
    vector = VECTORS["rfc5780"]
    assert answered(server, bytes.fromhex(vector["request_plain"])).data.hex() == vector["response"]
    classic = VECTORS["rfc3489_classic"]
    request = encode_classic_request(bytes.fromhex(classic["transaction_id_16"]))
    assert answered(server, request).data.hex() == classic["response"]


def test_response_address_is_never_honoured() -> None:
    victim = encode_address(Endpoint.parse("198.51.100.66:53"))
    for identity in (ID, CLASSIC_ID):
        request = encode(MessageClass.REQUEST, identity, [(Attr.RESPONSE_ADDRESS, victim)])
        assert answered(ALTERNATE, request).target == CLIENT


@pytest.mark.parametrize("tail", [b"", b"\0\0"])
def test_response_port_goes_to_the_asking_address_only(tail: bytes) -> None:
    request = encode_binding_request(ID, attributes=[(Attr.RESPONSE_PORT, encode_response_port(40001) + tail)])
    reply = answered(ALTERNATE, request)
    assert reply.target == Endpoint(CLIENT.ip, 40001)
    assert decode(reply.data).mapped_address == CLIENT


@pytest.mark.parametrize("port", [0, 1, 53, 1023])
def test_low_response_ports_get_silence(port: int) -> None:
    request = encode_binding_request(ID, attributes=[(Attr.RESPONSE_PORT, encode_response_port(port))])
    assert ALTERNATE.respond(request, CLIENT) is Drop.RESPONSE_PORT


def test_response_port_never_points_at_ourselves() -> None:
    request = encode_binding_request(ID, attributes=[(Attr.RESPONSE_PORT, encode_response_port(3478))])
    assert ALTERNATE.respond(request, Endpoint.parse("192.0.2.11:50000")) is Drop.RESPONSE_PORT


@pytest.mark.parametrize("size", [0, 1, 3, 4, 500, 1480, 65_000, 65_480])
@pytest.mark.parametrize("source", [CLIENT, CLIENT6])
def test_padding_is_never_longer_than_the_requests(size: int, source: Endpoint) -> None:
    reply = answered(ALTERNATE, encode_binding_request(ID, attributes=[(Attr.PADDING, bytes(size))]), source)
    padding = decode(reply.data).padding
    assert padding is not None
    assert len(padding) == size or (size > 65_000 and len(padding) < size)
    assert len(reply.data) <= 65_507


def test_padding_beside_response_port_is_a_bad_request() -> None:
    attributes = [(Attr.PADDING, b"1234"), (Attr.RESPONSE_PORT, encode_response_port(40001))]
    reply = answered(ALTERNATE, encode_binding_request(ID, attributes=attributes))
    assert (reply.kind, reply.target) == ("error-400", CLIENT)


@pytest.mark.parametrize("kind", [Attr.CHANGE_REQUEST, Attr.RESPONSE_PORT])
def test_malformed_wishes_are_bad_requests(kind: int) -> None:
    assert answered(ALTERNATE, encode_binding_request(ID, attributes=[(kind, b"x")])).kind == "error-400"


def test_a_fingerprint_is_answered_with_one() -> None:
    for attributes in ([], [(0x7001, b"")]):
        request = encode(MessageClass.REQUEST, ID, attributes, fingerprint=True)
        assert decode(answered(ALTERNATE, request).data).fingerprint_ok
    assert not decode(answered(ALTERNATE, encode_binding_request(ID)).data).has_fingerprint


def test_a_classic_refusal_repeats_an_odd_type() -> None:
    request = encode(MessageClass.REQUEST, CLASSIC_ID, [(0x7001, b"1234")])
    message = decode(answered(ALTERNATE, request).data)
    assert message.error is not None
    assert (message.classic, message.error.code, message.unknown_attributes) == (True, 420, (0x7001, 0x7001))


@given(ANY_REQUEST, st.sampled_from(sorted(PLACES)))
def test_whatever_is_asked_answers_go_to_the_asking_address(data: bytes, arrival: Place) -> None:
    outcome = ALTERNATE.respond(data, CLIENT, arrival)
    if isinstance(outcome, Reply):
        assert outcome.target.ip == CLIENT.ip
        assert outcome.target == CLIENT or outcome.target.port >= 1024
        assert outcome.place in PLACES
        padding = decode(data).padding
        assert len(outcome.data) <= 128 + len(padding or b"")


def test_both_families_have_their_own_pairs() -> None:
    six = {Place(2 + p.address, p.port): Endpoint.parse(f"[2001:db8::{1 + p.address}]:{3478 + p.port}") for p in PLACES}
    server = StunResponder({**PLACES, **six})
    request = encode_binding_request(ID, attributes=[(Attr.CHANGE_REQUEST, encode_change(Change(True, True)))])
    assert answered(server, request, CLIENT6, Place(2, 0)).place == Place(3, 1)
    assert answered(server, request, CLIENT).place == Place(1, 1)


@pytest.mark.parametrize(
    "wrong", [{HOME: CLIENT}, {**PLACES, Place(1, 1): PLACES[HOME]}, {**PLACES, Place(1, 1): CLIENT6}]
)
def test_an_alternate_server_needs_two_addresses_and_two_ports(wrong: dict[Place, Endpoint]) -> None:
    with pytest.raises(ValueError, match="two addresses and two ports"):
        StunResponder(wrong)


# as a machine


def test_as_a_machine_it_numbers_its_sockets() -> None:
    request = encode_binding_request(ID, attributes=[(Attr.CHANGE_REQUEST, encode_change(Change(True, False)))])
    (command,) = ALTERNATE.handle(Received(request, CLIENT, 1), 0.0)
    assert isinstance(command, Send)
    assert (command.target, command.socket) == (CLIENT, 3)
    assert ALTERNATE.handle(Received(b"", CLIENT), 0.0) == [Dropped("not-stun")]
    assert ALTERNATE.handle(Tick(), 0.0) == []
    assert ALTERNATE.deadline() is None
