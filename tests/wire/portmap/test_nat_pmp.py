"""NAT-PMP: known answers both ways, round trips, truncation at every byte, garbage."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.errors import LocalError, RemoteError
from natscope.wire.portmap import nat_pmp
from natscope.wire.portmap.nat_pmp import (
    AddressRequest,
    AddressResponse,
    ErrorResponse,
    MapRequest,
    MapResponse,
    Opcode,
    Request,
    Response,
    Result,
    UnknownRequest,
    decode_request,
    decode_response,
    encode_request,
    encode_response,
)
from tests.wire.portmap.vectors import VECTORS

KNOWN = VECTORS["nat_pmp"]
PUBLIC = IPv4Address("203.0.113.7")
U16, U32 = st.integers(0, 65535), st.integers(0, 2**32 - 1)
MAPS = st.sampled_from((Opcode.MAP_UDP, Opcode.MAP_TCP))
REQUESTS = st.just(AddressRequest()) | st.builds(MapRequest, MAPS, U16, U16, U32)
RESPONSES = (
    st.builds(AddressResponse, U16, U32, st.ip_addresses(v=4))
    | st.builds(MapResponse, MAPS, U16, U32, U16, U16, U32)
    | st.builds(ErrorResponse, st.integers(0, 127), st.integers(1, 65535), U32)
)


@pytest.mark.parametrize(
    ("name", "request_"),
    [
        ("external_address_request", AddressRequest()),
        ("map_udp_request", MapRequest(Opcode.MAP_UDP, 41641, 0, 7200)),
        ("map_udp_request_keep_port", MapRequest(Opcode.MAP_UDP, 41641, 41641, 7200)),
        ("map_tcp_request", MapRequest(Opcode.MAP_TCP, 8080, 8080, 7200)),
        ("delete_udp_request", MapRequest(Opcode.MAP_UDP, 41641, 0, 0)),
        ("delete_all_udp_request", MapRequest(Opcode.MAP_UDP, 0, 0, 0)),
        ("delete_as_upstream_sends_it", MapRequest(Opcode.MAP_UDP, 41641, 41641, 0)),
    ],
)
def test_known_requests_both_ways(name: str, request_: AddressRequest | MapRequest) -> None:
    assert encode_request(request_).hex() == KNOWN[name]
    assert decode_request(bytes.fromhex(KNOWN[name])) == request_


@pytest.mark.parametrize(
    ("name", "response"),
    [
        ("external_address_response", AddressResponse(0, 12345, PUBLIC)),
        ("external_address_response_no_wan_lease", AddressResponse(Result.NETWORK_FAILURE, 12345, IPv4Address(0))),
        ("map_udp_response", MapResponse(Opcode.MAP_UDP, 0, 12346, 41641, 41641, 7200)),
        ("map_udp_response_refused", MapResponse(Opcode.MAP_UDP, Result.NOT_AUTHORIZED, 12346, 41641, 0, 0)),
        ("unsupported_version_response_to_a_pcp_request", ErrorResponse(0, Result.UNSUPPORTED_VERSION, 12347)),
    ],
)
def test_known_responses_both_ways(name: str, response: Response) -> None:
    assert encode_response(response).hex() == KNOWN[name]
    assert decode_response(bytes.fromhex(KNOWN[name])) == response


def test_an_announcement_is_an_address_response() -> None:
    announcement = KNOWN["address_change_announcement_multicast"]
    assert announcement["to"] == f"{nat_pmp.ANNOUNCE_GROUP}:{nat_pmp.CLIENT_PORT}"
    expected = AddressResponse(0, 3, IPv4Address("203.0.113.99"))
    assert decode_response(bytes.fromhex(announcement["hex"])) == expected


@given(REQUESTS)
def test_requests_round_trip(request_: AddressRequest | MapRequest) -> None:
    assert decode_request(encode_request(request_)) == request_


@given(RESPONSES)
def test_responses_round_trip(response: Response) -> None:
    assert decode_response(encode_response(response)) == response


@given(REQUESTS)
def test_requests_cut_off_anywhere(request_: AddressRequest | MapRequest) -> None:
    data = encode_request(request_)
    for length in range(len(data)):
        with pytest.raises(RemoteError):
            decode_request(data[:length])


@given(RESPONSES)
def test_responses_cut_off_anywhere(response: Response) -> None:
    data = encode_response(response)
    for length in range(len(data)):
        if length == nat_pmp.ERROR_BYTES and response.result:
            assert decode_response(data[:length]) == ErrorResponse(data[1] & 127, response.result, response.epoch_s)
            continue
        with pytest.raises(RemoteError):
            decode_response(data[:length])


@pytest.mark.parametrize("data", [b"\x00\x00\x00", bytes.fromhex(KNOWN["map_udp_request"]) + b"\x00"])
def test_longer_requests_are_refused(data: bytes) -> None:
    with pytest.raises(RemoteError, match="left after"):
        decode_request(data)


@pytest.mark.parametrize("name", ["external_address_response", "map_udp_response", "map_udp_response_refused"])
def test_longer_responses_are_refused(name: str) -> None:
    with pytest.raises(RemoteError, match="left after"):
        decode_response(bytes.fromhex(KNOWN[name]) + bytes(4))


def test_what_is_no_request() -> None:
    with pytest.raises(RemoteError, match="version 2"):
        decode_request(bytes((2, 0)) + bytes(22))
    with pytest.raises(RemoteError, match="an answer"):
        decode_request(bytes.fromhex(KNOWN["external_address_response"]))
    assert decode_request(bytes((0, 9, 1, 2, 3))) == UnknownRequest(9)


def test_what_is_no_response() -> None:
    with pytest.raises(RemoteError, match="a request"):
        decode_response(bytes.fromhex(KNOWN["map_udp_request"]))
    with pytest.raises(RemoteError, match="opcode 9"):
        decode_response(bytes((0, 128 + 9)) + bytes(10))
    with pytest.raises(RemoteError, match="version 2"):
        decode_response(bytes((2, 128)) + bytes(10))


@given(st.binary(max_size=20) | st.binary(max_size=18).map(lambda tail: b"\x00" + tail))
def test_garbage_raises_only_remote_errors(data: bytes) -> None:
    for read in (decode_request, decode_response):
        try:
            value: Request | Response = read(data)
        except RemoteError:
            continue
        assert data[0] == nat_pmp.VERSION == nat_pmp.version_of(data)
        assert not isinstance(value, UnknownRequest) or value.opcode > 2


def test_what_does_not_fit_is_our_mistake() -> None:
    with pytest.raises(LocalError, match="lifetime"):
        encode_request(MapRequest(Opcode.MAP_UDP, 1, 1, 2**32))
    for broken in (MapRequest(Opcode.EXTERNAL_ADDRESS, 1, 1, 1),):
        with pytest.raises(LocalError, match="UDP or TCP"):
            encode_request(broken)
    with pytest.raises(LocalError, match="UDP or TCP"):
        encode_response(MapResponse(Opcode.EXTERNAL_ADDRESS, 0, 1, 1, 1, 1))


def test_every_result_has_its_words() -> None:
    assert set(nat_pmp.WORDS) == set(Result)
    assert nat_pmp.result_words(2) == "not authorized, or refused"
    assert nat_pmp.result_words(99) == "result 99"


def test_the_version_tells_the_protocol() -> None:
    assert (nat_pmp.version_of(b""), nat_pmp.version_of(b"\x02\x00")) == (None, 2)
