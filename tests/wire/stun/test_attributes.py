"""STUN attributes: the table, and each form of value."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.errors import LocalError, RemoteError
from natscope.model.endpoint import Endpoint
from natscope.wire.stun.attributes import (
    ATTRIBUTES,
    COMPREHENSION_OPTIONAL,
    Attr,
    Change,
    ErrorCode,
    Use,
    decode_address,
    decode_change,
    decode_error,
    decode_response_port,
    decode_text,
    decode_types,
    decode_xor_address,
    encode_address,
    encode_change,
    encode_error,
    encode_response_port,
    encode_types,
    encode_xor_address,
    xor_address,
)

ENDPOINTS = st.builds(Endpoint, st.ip_addresses(), st.integers(0, 65535))
IDS = st.binary(min_size=12, max_size=12)


def test_the_table_has_one_row_for_each_attribute() -> None:
    assert sorted(ATTRIBUTES) == sorted(Attr)


def test_only_the_two_address_server_understands_what_moves_or_grows_answers() -> None:
    alternate = {row.attr for row in ATTRIBUTES.values() if row.use is Use.ALTERNATE}
    assert alternate == {Attr.CHANGE_REQUEST, Attr.RESPONSE_ADDRESS, Attr.RESPONSE_PORT, Attr.PADDING}
    assert all(attr < COMPREHENSION_OPTIONAL for attr in alternate)


@given(ENDPOINTS, IDS)
def test_addresses_round_trip(endpoint: Endpoint, identity: bytes) -> None:
    assert decode_address(encode_address(endpoint)) == endpoint
    assert decode_xor_address(encode_xor_address(endpoint, identity), identity) == endpoint


@given(st.binary(max_size=30), IDS)
def test_xor_is_its_own_inverse(value: bytes, identity: bytes) -> None:
    twice = xor_address(xor_address(value, identity), identity)
    assert twice[:20] == value[:20]


def test_bytes_behind_an_address_are_tolerated() -> None:
    endpoint = Endpoint(ipaddress.ip_address("192.0.2.1"), 7)
    assert decode_address(encode_address(endpoint) + b"\0\0\0\0") == endpoint


@given(st.integers(0, 65535))
def test_response_port_has_two_bytes_and_reads_four(port: int) -> None:
    value = encode_response_port(port)
    assert len(value) == 2
    assert decode_response_port(value) == decode_response_port(value + b"\0\0") == port


@pytest.mark.parametrize("change", [Change(a, b) for a in (False, True) for b in (False, True)])
def test_change_round_trip(change: Change) -> None:
    assert decode_change(encode_change(change)) == change


@given(st.integers(300, 699))
def test_error_round_trip(code: int) -> None:
    assert decode_error(encode_error(ErrorCode(code, "Nö"))) == ErrorCode(code, "Nö")


@pytest.mark.parametrize("code", [0, 299, 700])
def test_codes_outside_the_rfc_are_our_own_bug(code: int) -> None:
    with pytest.raises(LocalError):
        encode_error(ErrorCode(code, ""))


@pytest.mark.parametrize("value", ["", "0000", "00000299", "00000764", "00000463ff", "00000000"])
def test_error_codes_are_read_with_their_limits(value: str) -> None:
    if value == "00000463ff":
        assert decode_error(bytes.fromhex(value)) == ErrorCode(499, "�")
        return
    with pytest.raises(RemoteError):
        decode_error(bytes.fromhex(value))


@given(st.lists(st.integers(0, 65535), max_size=10))
def test_types_round_trip(types: list[int]) -> None:
    assert decode_types(encode_types(types)) == tuple(types)


def test_text_loses_the_blanks_that_old_servers_pad_with() -> None:
    assert decode_text(b"Coturn\0 \0\0") == "Coturn"
    assert decode_text(b"\xff") == "�"


@pytest.mark.parametrize("decoder", [decode_address, decode_change, decode_response_port, decode_error, decode_types])
@given(value=st.binary(max_size=24))
def test_garbage_raises_only_remote_errors(decoder: object, value: bytes) -> None:
    assert callable(decoder)
    try:
        decoder(value)
    except RemoteError as error:
        assert error.field  # noqa: PT017 - whether it is raised depends on the bytes
