"""Classic STUN messages (RFC 3489)."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.errors import LocalError
from natscope.model.endpoint import Endpoint
from natscope.wire.stun.attributes import COOKIE, Attr, Change, encode_xor_address
from natscope.wire.stun.classic import encode_classic_request, encode_classic_success
from natscope.wire.stun.message import MessageClass, decode, encode, is_stun
from tests.wire.stun.vectors import VECTORS

VECTOR = VECTORS["rfc3489_classic"]
ID = bytes.fromhex(VECTOR["transaction_id_16"])


def test_the_known_request() -> None:
    data = encode_classic_request(ID, Change(True, True))
    assert data.hex() == VECTOR["request_change_ip_and_port"]
    message = decode(data)
    assert (message.classic, message.transaction_id, message.change_request) == (True, ID, Change(True, True))
    assert not is_stun(data)


def test_the_known_answer_both_ways() -> None:
    meaning = {name: Endpoint.parse(text) for name, text in VECTOR["response_meaning"].items()}
    data = encode_classic_success(ID, meaning["mapped"], meaning["source_address"], meaning["changed_address"])
    assert data.hex() == VECTOR["response"]
    message = decode(data)
    assert message.mapped_address == message.mapped == meaning["mapped"]
    assert message.response_origin == meaning["source_address"]
    assert message.other_address == meaning["changed_address"]


def test_a_server_with_one_address_names_no_other() -> None:
    mapped = Endpoint(ipaddress.ip_address("192.0.2.1"), 9)
    message = decode(encode_classic_success(ID, mapped, mapped, None))
    assert message.other_address is None


def test_a_xored_address_in_a_classic_answer_is_ignored() -> None:
    mapped = Endpoint(ipaddress.ip_address("192.0.2.1"), 9)
    data = encode(MessageClass.SUCCESS, ID, [(Attr.XOR_MAPPED_ADDRESS, encode_xor_address(mapped, ID[4:]))])
    assert decode(data).mapped_address is None


def test_the_transaction_id_has_16_bytes() -> None:
    with pytest.raises(LocalError):
        encode_classic_request(bytes(12))


@given(st.binary(min_size=16, max_size=16).filter(lambda identity: identity[:4] != COOKIE))
def test_round_trip(identity: bytes) -> None:
    message = decode(encode_classic_request(identity))
    assert (message.classic, message.transaction_id, message.attributes) == (True, identity, ())
