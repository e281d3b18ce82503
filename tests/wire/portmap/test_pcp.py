"""PCP: known answers both ways, round trips, truncation at every byte, garbage, refusals of malformed requests."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.errors import LocalError, RemoteError
from natscope.wire.portmap import pcp
from natscope.wire.portmap.pcp import (
    BadRequest,
    Mapping,
    Opcode,
    OtherBody,
    Peer,
    Request,
    Response,
    Result,
    decode_request,
    decode_response,
    encode_refusal,
    encode_request,
    encode_response,
)
from natscope.wire.portmap.pcp_options import Filter, OtherOption, PreferFailure
from tests.wire.portmap.test_pcp_options import IPS, OPTIONS
from tests.wire.portmap.vectors import VECTORS

KNOWN = VECTORS["pcp"]
CLIENT = IPv4Address(KNOWN["client"])
NONCE = bytes.fromhex(KNOWN["nonce"])
ANY, PUBLIC = IPv4Address(0), IPv4Address("203.0.113.7")
U8, U16, U32 = st.integers(0, 255), st.integers(0, 65535), st.integers(0, 2**32 - 1)
MAPPINGS = st.builds(Mapping, st.binary(min_size=12, max_size=12), U8, U16, U16, IPS)
PEERS = st.builds(Peer, MAPPINGS, U16, IPS)
BODIES = (
    st.just((Opcode.ANNOUNCE, None))
    | MAPPINGS.map(lambda body: (Opcode.MAP, body))
    | PEERS.map(lambda body: (Opcode.PEER, body))
)
MALFORMED = (Result.MALFORMED_REQUEST, Result.MALFORMED_OPTION)
SOME_OPTIONS = st.lists(OPTIONS, max_size=3).map(tuple)
REQUESTS = st.builds(lambda b, s, c, o: Request(b[0], s, c, b[1], o), BODIES, U32, IPS, SOME_OPTIONS)
RESPONSES = st.builds(lambda b, r, s, e, o: Response(b[0], r, s, e, b[1], o), BODIES, U8, U32, U32, SOME_OPTIONS)


def wish(port: int = 0, ip: IPv4Address = ANY) -> Mapping:
    return Mapping(NONCE, pcp.UDP, 41641, port, ip)


@pytest.mark.parametrize(
    ("name", "request_"),
    [
        ("announce_request", Request(Opcode.ANNOUNCE, 0, CLIENT)),
        ("map_request", Request(Opcode.MAP, 7200, CLIENT, wish())),
        ("map_delete_request", Request(Opcode.MAP, 0, CLIENT, wish(41641, PUBLIC))),
        ("map_request_prefer_failure", Request(Opcode.MAP, 7200, CLIENT, wish(41641), (PreferFailure(),))),
        (
            "map_request_filter_peer",
            Request(Opcode.MAP, 7200, CLIENT, wish(), (Filter(128, 3478, IPv4Address("192.0.2.10")),)),
        ),
    ],
)
def test_known_requests_both_ways(name: str, request_: Request) -> None:
    assert encode_request(request_).hex() == KNOWN[name]
    assert decode_request(bytes.fromhex(KNOWN[name])) == request_


@pytest.mark.parametrize(
    ("name", "response"),
    [
        ("announce_response", Response(Opcode.ANNOUNCE, 0, 0, 12345)),
        ("announce_response_address_mismatch", Response(Opcode.ANNOUNCE, Result.ADDRESS_MISMATCH, 0, 12345)),
        ("map_response", Response(Opcode.MAP, 0, 7200, 12346, wish(41641, PUBLIC))),
        ("map_response_no_resources", Response(Opcode.MAP, Result.NO_RESOURCES, 30, 12346, wish())),
        ("unsupported_version_response", Response(Opcode.ANNOUNCE, Result.UNSUPP_VERSION, 0, 12345)),
    ],
)
def test_known_responses_both_ways(name: str, response: Response) -> None:
    assert encode_response(response).hex() == KNOWN[name]
    assert decode_response(bytes.fromhex(KNOWN[name])) == response


def test_the_answer_of_a_real_router() -> None:
    known = KNOWN["upstream_example_map_response"]
    response = decode_response(bytes.fromhex(known["hex"]))
    assert isinstance(response.body, Mapping)
    assert f"{response.body.external}:{response.body.external_port}" == known["external"]
    assert (response.body.internal_port, response.body.nonce.hex()) == (known["internal_port"], known["nonce"])
    assert (response.lifetime_s, response.epoch_s) == (known["lifetime"], known["epoch"])
    assert encode_response(response).hex() == known["hex"]


@given(REQUESTS)
def test_requests_round_trip(request_: Request) -> None:
    data = encode_request(request_)
    assert len(data) % 4 == 0
    assert decode_request(data) == request_


@given(RESPONSES)
def test_responses_round_trip(response: Response) -> None:
    assert decode_response(encode_response(response)) == response


@given(REQUESTS)
def test_requests_cut_off_anywhere(request_: Request) -> None:
    data = encode_request(request_)
    for length in range(len(data)):
        try:
            cut = decode_request(data[:length])
        except RemoteError as error:
            refused = getattr(error, "result", None)
        else:
            assert length % 4 == 0
            assert (cut.body, cut.options) == (request_.body, request_.options[: len(cut.options)])
            continue
        assert refused in (MALFORMED if length >= 2 else (None,))


@given(RESPONSES)
def test_responses_cut_off_anywhere(response: Response) -> None:
    data = encode_response(response)
    for length in range(len(data)):
        try:
            cut = decode_response(data[:length])
        except RemoteError:
            assert length < pcp.HEADER_BYTES or length % 4 or response.result == 0
        else:
            assert (cut.result, cut.epoch_s, cut.lifetime_s) == (response.result, response.epoch_s, response.lifetime_s)
            whole = cut.body == response.body and cut.options == response.options[: len(cut.options)]
            assert whole or response.result


@given(st.binary(max_size=80) | st.binary(max_size=100).map(lambda tail: b"\x02" + tail))
def test_garbage_raises_only_remote_errors(data: bytes) -> None:
    for read in (decode_request, decode_response):
        try:
            value = read(data)
        except RemoteError:
            continue
        assert (data[0], len(data) % 4) == (pcp.VERSION, 0)
        assert value.opcode == data[1] & 127


def test_what_a_server_must_not_answer() -> None:
    for data in (b"", b"\x02", bytes.fromhex(KNOWN["map_response"])):
        with pytest.raises(RemoteError) as raised:
            decode_request(data)
        assert not isinstance(raised.value, BadRequest)


@pytest.mark.parametrize(
    ("data", "result"),
    [
        (b"\x01\x01", Result.UNSUPP_VERSION),
        (b"\x03\x01" + bytes(58), Result.UNSUPP_VERSION),
        (bytes.fromhex(KNOWN["map_request"])[:58], Result.MALFORMED_REQUEST),
        (bytes.fromhex(KNOWN["map_request"])[:40], Result.MALFORMED_REQUEST),
        (bytes.fromhex(KNOWN["map_request"]) + bytes(1044), Result.MALFORMED_REQUEST),
        (bytes.fromhex(KNOWN["map_request"]) + b"\x03\x00\x00\x40", Result.MALFORMED_OPTION),
        (bytes.fromhex(KNOWN["map_request"]) + b"\x01\x00\x00\x00", Result.MALFORMED_OPTION),
    ],
)
def test_what_a_server_answers_by_an_error(data: bytes, result: Result) -> None:
    with pytest.raises(BadRequest) as raised:
        decode_request(data)
    assert raised.value.result is result
    refusal = encode_refusal(data, result, 1800, 7)
    assert len(refusal) % 4 == 0
    assert len(refusal) <= pcp.MAX_BYTES
    answer = decode_response(refusal)
    assert (answer.opcode, answer.result, answer.lifetime_s, answer.epoch_s) == (data[1] & 127, result, 1800, 7)


def test_a_refusal_gives_the_request_back() -> None:
    data = bytes.fromhex(KNOWN["map_request_prefer_failure"])
    answer = decode_response(encode_refusal(data, Result.CANNOT_PROVIDE_EXTERNAL, 1800, 7))
    assert (answer.body, answer.options) == (wish(41641), (PreferFailure(),))


def test_unknown_opcodes_are_carried() -> None:
    request = Request(77, 9, CLIENT, OtherBody(b"abcd"))
    assert decode_request(encode_request(request)) == request
    answer = Response(77, Result.UNSUPP_OPCODE, 1800, 1, OtherBody(b"abcd"))
    assert decode_response(encode_response(answer)) == answer


def test_lengths() -> None:
    options = tuple(OtherOption(200, bytes(256)) for _ in range(4))
    assert len(encode_request(Request(Opcode.ANNOUNCE, 0, CLIENT, None, options))) == 24 + 4 * 260
    with pytest.raises(LocalError, match="1100 bytes"):
        encode_request(Request(Opcode.MAP, 0, CLIENT, wish(), (*options, PreferFailure())))


def test_our_own_mistakes() -> None:
    for request, words in (
        (Request(Opcode.MAP, 0, CLIENT), "does not belong"),
        (Request(Opcode.ANNOUNCE, 0, CLIENT, wish()), "does not belong"),
        (Request(200, 0, CLIENT, OtherBody(b"")), "0 to 127"),
        (Request(9, 0, CLIENT, OtherBody(b"a")), "multiple of 4"),
        (Request(Opcode.MAP, 0, CLIENT, Mapping(b"short", 17, 1, 1, ANY)), "nonce"),
    ):
        with pytest.raises(LocalError, match=words):
            encode_request(request)


def test_ipv6() -> None:
    host, public = IPv6Address("2001:db8:1::5"), IPv6Address("::")
    request = Request(Opcode.MAP, 60, host, Mapping(NONCE, pcp.TCP, 22, 22, public))
    data = encode_request(request)
    assert data[8:24] == host.packed
    assert decode_request(data) == request


def test_every_result_has_its_words_and_lifetime() -> None:
    assert set(pcp.WORDS) == set(Result)
    assert (pcp.result_words(12), pcp.result_words(99)) == ("address mismatch", "result 99")
    assert [pcp.error_lifetime_s(r) for r in (Result.SUCCESS, Result.NO_RESOURCES, Result.NOT_AUTHORIZED)] == [
        0,
        30,
        1800,
    ]
