"""STUN messages: known answers, round trips, truncation, garbage."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from natscope.errors import LocalError, RemoteError
from natscope.model.endpoint import Endpoint
from natscope.wire.stun.attributes import Attr, Change, ErrorCode, encode_address, encode_xor_address
from natscope.wire.stun.message import (
    MAX_ATTRIBUTES,
    Message,
    MessageClass,
    RequestForm,
    decode,
    encode,
    encode_binding_error,
    encode_binding_request,
    encode_binding_success,
    is_stun,
    join_type,
    split_type,
)
from tests.wire.stun.vectors import VECTORS, named

ID = bytes(range(1, 13))
ENDPOINTS = st.builds(Endpoint, st.ip_addresses(v=4) | st.ip_addresses(v=6), st.integers(0, 65535))
RAW = st.lists(st.tuples(st.integers(0x0100, 0xFFFF), st.binary(max_size=20)), max_size=6).filter(
    lambda pairs: all(kind not in (0x8020, 0x8028) for kind, _ in pairs)
)


def by_name(entry: dict[str, Any]) -> str:
    return str(entry.get("name", entry.get("hex")))


def test_the_tailscale_request_is_exactly_the_known_one() -> None:
    vector = VECTORS["tailscale_request"]
    data = encode_binding_request(bytes.fromhex(vector["txid"]), RequestForm.TAILSCALE)
    assert data.hex() == vector["hex"]
    message = decode(data)
    assert (message.software, message.fingerprint_ok, message.message_class) == ("tailnode", True, MessageClass.REQUEST)


def test_the_plain_request_is_exactly_the_known_one() -> None:
    vector = VECTORS["rfc5780"]
    assert encode_binding_request(bytes.fromhex(vector["txid"])).hex() == vector["request_plain"]


@pytest.mark.parametrize("vector", named("tailscale_response"), ids=by_name)
def test_success_answers_both_ways(vector: dict[str, str]) -> None:
    mapped = Endpoint.parse(vector["mapped"])
    assert encode_binding_success(bytes.fromhex(vector["txid"]), mapped).hex() == vector["hex"]
    assert decode(bytes.fromhex(vector["hex"])).mapped_address == mapped


@pytest.mark.parametrize("vector", named("parse_response_accept"), ids=by_name)
def test_answers_that_upstream_accepts(vector: dict[str, Any]) -> None:
    message = decode(bytes.fromhex(vector["hex"]))
    assert message.transaction_id.hex() == vector["txid"]
    assert message.mapped_address == Endpoint(ipaddress.ip_address(vector["mapped_ip"]), vector["mapped_port"])


@pytest.mark.parametrize("vector", named("is_stun"), ids=by_name)
def test_is_stun(vector: dict[str, Any]) -> None:
    assert is_stun(bytes.fromhex(vector["hex"])) is vector["want"]


def test_an_rfc5780_answer() -> None:
    vector, meaning = VECTORS["rfc5780"], VECTORS["rfc5780"]["response_meaning"]
    message = decode(bytes.fromhex(vector["response"]))
    assert str(message.xor_mapped) == meaning["xor_mapped"]
    assert str(message.mapped) == meaning["mapped"]
    assert str(message.response_origin) == meaning["response_origin"]
    assert str(message.other_address) == meaning["other_address"]


def test_an_rfc5780_refusal() -> None:
    message = decode(bytes.fromhex(VECTORS["rfc5780"]["error_420_unknown_0x0027"]))
    assert message.message_class is MessageClass.ERROR
    assert message.error == ErrorCode(420, "Unknown Attribute")
    assert message.unknown_attributes == (0x0027,)


@pytest.mark.parametrize(
    ("key", "change"),
    [
        ("request_change_ip_and_port", Change(True, True)),
        ("request_change_ip", Change(True, False)),
        ("request_change_port", Change(False, True)),
    ],
)
def test_change_requests(key: str, change: Change) -> None:
    assert decode(bytes.fromhex(VECTORS["rfc5780"][key])).change_request == change


def test_response_port_of_both_lengths_and_padding() -> None:
    vector = VECTORS["rfc5780"]
    for key in ("request_response_port_40001", "request_response_port_40001_len2"):
        assert decode(bytes.fromhex(vector[key])).response_port == 40001
    assert decode(bytes.fromhex(vector["request_padding_16"])).padding == bytes(16)


@pytest.mark.parametrize("vector", VECTORS["measured"]["list"], ids=by_name)
def test_answers_of_real_servers_name_the_client(vector: dict[str, Any]) -> None:
    if vector["answer_hex"] is None:
        assert not decode(bytes.fromhex(vector["request_hex"])).fingerprint_ok
        return
    message = decode(bytes.fromhex(vector["answer_hex"]))
    assert len(message.data) == vector["answer_len"]
    assert not message.has_fingerprint or message.fingerprint_ok
    if message.message_class is MessageClass.ERROR:
        assert message.error is not None
        assert message.error.code in (400, 420)
        assert message.mapped_address is None
        return
    mapped = message.mapped_address
    assert mapped is not None
    assert mapped.port == vector["client_port"]
    assert mapped.ip.is_loopback
    assert message.response_origin is None or str(message.response_origin) == vector["answer_from"]


def test_the_last_mapped_address_wins_and_xored_ones_before_plain_ones() -> None:
    first, second, plain = (Endpoint(ipaddress.ip_address(f"192.0.2.{n}"), n) for n in (1, 2, 3))
    attributes = [
        (int(Attr.XOR_MAPPED_ADDRESS), encode_xor_address(first, ID)),
        (int(Attr.XOR_MAPPED_ADDRESS_OLD), encode_xor_address(second, ID)),
        (int(Attr.MAPPED_ADDRESS), encode_address(plain)),
    ]
    message = decode(encode(MessageClass.SUCCESS, ID, attributes))
    assert (message.mapped_address, message.xor_mapped, message.mapped) == (second, second, plain)


def test_text_and_codes_count_once_the_first_time() -> None:
    message = decode(encode(MessageClass.ERROR, ID, [(Attr.SOFTWARE, b"one\0"), (Attr.SOFTWARE, b"two")]))
    assert message.software == "one"


@pytest.mark.parametrize("value", [b"", b"\0", b"\0\1\0\0\1\2\3", b"\0\2" + bytes(17), b"\0\3" + bytes(18)])
@pytest.mark.parametrize("kind", [Attr.MAPPED_ADDRESS, Attr.XOR_MAPPED_ADDRESS, Attr.XOR_MAPPED_ADDRESS_OLD])
def test_an_unreadable_mapped_address_fails_the_message(kind: int, value: bytes) -> None:
    with pytest.raises(RemoteError) as caught:
        decode(encode(MessageClass.SUCCESS, ID, [(Attr.SOFTWARE, b"abcd"), (kind, value)]))
    assert (caught.value.offset, caught.value.field) == (28, "mapped address")


def test_other_malformed_attributes_read_as_absent() -> None:
    kinds = (
        Attr.OTHER_ADDRESS,
        Attr.RESPONSE_ORIGIN,
        Attr.ERROR_CODE,
        Attr.CHANGE_REQUEST,
        Attr.RESPONSE_PORT,
        Attr.UNKNOWN_ATTRIBUTES,
    )
    message = decode(encode(MessageClass.SUCCESS, ID, [(kind, b"\0") for kind in kinds]))
    found = (message.other_address, message.response_origin, message.error, message.change_request)
    assert found == (None, None, None, None)
    assert message.response_port is None
    assert message.unknown_attributes == ()


def test_bytes_behind_the_message_are_counted_and_ignored() -> None:
    message = decode(encode_binding_request(ID) + b"tail")
    assert (message.trailing, len(message.data)) == (4, 20)


def test_fingerprint_counts_only_alone_last_and_right() -> None:
    good = encode_binding_request(ID, RequestForm.TAILSCALE)
    assert decode(good).fingerprint_ok
    assert not decode(good[:-1] + bytes([good[-1] ^ 1])).fingerprint_ok
    twice = encode(MessageClass.REQUEST, ID, [(Attr.FINGERPRINT, bytes(4))], fingerprint=True)
    assert decode(twice).has_fingerprint
    assert not decode(twice).fingerprint_ok


@pytest.mark.parametrize(
    ("data", "field"),
    [
        (b"", "message type"),
        (b"\0\1\0", "message length"),
        (b"\xc0\1\0\0" + bytes(16), "message type"),
        (b"\0\1\0\2!\x12\xa4B" + bytes(14), "message length"),
        (b"\0\1\0\4!\x12\xa4B" + bytes(12), "message length"),
        (b"\0\1\0\4!\x12\xa4B" + bytes(12) + b"\x80\x22\0\1", "attribute value"),
        (b"\0\1\0\0!\x12\xa4B" + bytes(11), "transaction id"),
    ],
)
def test_errors_name_their_field(data: bytes, field: str) -> None:
    with pytest.raises(RemoteError) as caught:
        decode(data)
    assert caught.value.field == field


def test_attributes_are_bounded() -> None:
    decode(encode(MessageClass.REQUEST, ID, [(0x8001, b"")] * MAX_ATTRIBUTES))
    with pytest.raises(RemoteError, match="more than"):
        decode(encode(MessageClass.REQUEST, ID, [(0x8001, b"")] * (MAX_ATTRIBUTES + 1)))


def test_our_own_mistakes_are_local_errors() -> None:
    with pytest.raises(LocalError):
        encode_binding_request(b"short")
    with pytest.raises(LocalError):
        encode(MessageClass.REQUEST, bytes(13))
    with pytest.raises(LocalError, match="no further attributes"):
        encode_binding_request(ID, RequestForm.TAILSCALE, [(Attr.PADDING, b"")])
    with pytest.raises(LocalError, match="method"):
        join_type(MessageClass.REQUEST, 0x1000)


def test_binding_types_are_those_of_the_rfc() -> None:
    assert [join_type(message_class, 1) for message_class in MessageClass] == [0x0001, 0x0011, 0x0101, 0x0111]


@given(st.integers(0, 0x3FFF))
def test_every_type_splits_and_joins(kind: int) -> None:
    assert join_type(*split_type(kind)) == kind


@given(st.sampled_from(MessageClass), st.binary(min_size=12, max_size=12), RAW, st.booleans(), st.integers(0, 0xFFF))
def test_round_trip(
    message_class: MessageClass, identity: bytes, attributes: list[tuple[int, bytes]], fingerprint: bool, method: int
) -> None:
    data = encode(message_class, identity, attributes, method=method, fingerprint=fingerprint)
    message = decode(data)
    assert is_stun(data)
    assert (message.message_class, message.method, message.transaction_id) == (message_class, method, identity)
    assert list(message.attributes[: len(attributes)]) == attributes
    assert (message.classic, message.trailing, message.data) == (False, 0, data)
    assert message.has_fingerprint is message.fingerprint_ok is fingerprint


@given(st.binary(min_size=12, max_size=12), ENDPOINTS)
def test_success_round_trip(identity: bytes, mapped: Endpoint) -> None:
    message = decode(encode_binding_success(identity, mapped))
    assert message.xor_mapped == mapped
    if mapped.family == 4:
        assert message.mapped_address == mapped


@given(st.integers(300, 699), st.text(max_size=30), st.lists(st.integers(0, 0xFFFF), max_size=8))
def test_error_round_trip(code: int, reason: str, unknown: list[int]) -> None:
    message = decode(encode_binding_error(ID, ErrorCode(code, reason), unknown))
    assert message.error == ErrorCode(code, reason.rstrip("\0 "))
    assert message.unknown_attributes == tuple(unknown)


def whole_messages() -> list[bytes]:
    found = [bytes.fromhex(entry["hex"]) for entry in named("rfc5769") + named("parse_response_accept")]
    found += [bytes.fromhex(entry["answer_hex"]) for entry in VECTORS["measured"]["list"] if entry["answer_hex"]]
    return [*found, bytes.fromhex(VECTORS["rfc3489_classic"]["response"])]


@pytest.mark.parametrize("data", whole_messages(), ids=lambda data: data[:4].hex())
def test_truncation_at_each_byte_is_refused(data: bytes) -> None:
    declared = 20 + int.from_bytes(data[2:4], "big")
    for end in range(declared):
        with pytest.raises(RemoteError):
            decode(data[:end])


@pytest.mark.parametrize("data", whole_messages(), ids=lambda data: data[:4].hex())
def test_truncation_with_a_length_that_agrees_is_refused_or_read(data: bytes) -> None:
    for end in range(20, len(data), 4):
        read_everything_or_refuse(data[:2] + (end - 20).to_bytes(2, "big") + data[4:end])


HEAD = b"\x01\x01\x00\x1c\x21\x12\xa4\x42" + ID


@given(st.binary(max_size=120) | st.binary(max_size=60).map(lambda tail: HEAD + tail))
@example(HEAD + b"\0\x20\0\1\0\0\0\0" + bytes(20))
def test_garbage_raises_nothing_else(data: bytes) -> None:
    read_everything_or_refuse(data)


@given(st.sampled_from(whole_messages()), st.integers(0, 60), st.integers(1, 255))
def test_a_flipped_byte_raises_nothing_else(data: bytes, place: int, flip: int) -> None:
    place %= len(data)
    read_everything_or_refuse(data[:place] + bytes([data[place] ^ flip]) + data[place + 1 :])


def read_everything_or_refuse(data: bytes) -> None:
    try:
        message = decode(data)
    except RemoteError:
        return
    for name in dir(Message):
        if isinstance(getattr(Message, name), property):
            getattr(message, name)
