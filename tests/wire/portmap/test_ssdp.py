"""SSDP: known answers, the variants that devices send, round trips, truncation, garbage, floods."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.errors import LocalError, RemoteError
from natscope.wire.portmap.ssdp import (
    ALL,
    GATEWAY_1,
    MAX_BYTES,
    MAX_HEADERS,
    Search,
    SearchAnswer,
    decode_answer,
    decode_search,
    encode_answer,
    encode_search,
    in_order,
    is_gateway,
)
from tests.wire.portmap.vectors import VECTORS

EXAMPLE = VECTORS["ssdp"]["response_example"].encode()
TEXT = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=30)


def test_searches_are_exactly_the_known_ones() -> None:
    for name, target in (("msearch_all", ALL), ("msearch_igd1", GATEWAY_1)):
        data = VECTORS["ssdp"][name].encode()
        assert encode_search(Search(target)) == data
        assert decode_search(data) == Search(target)


def test_the_known_answer_is_read_and_written() -> None:
    answer = decode_answer(EXAMPLE)
    assert answer.location == "http://192.168.1.1:5000/rootDesc.xml"
    assert answer.server == "Linux/6.1 UPnP/1.1 MiniUPnPd/2.3.1"
    assert answer.target.endswith("InternetGatewayDevice:2")
    assert answer.usn.startswith("uuid:11111111")
    assert (answer.max_age_s, answer.status, answer.other) == (120, 200, {})
    assert encode_answer(answer) == EXAMPLE
    assert is_gateway(EXAMPLE)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"\r\n", b"\n"),
        (b"HTTP/1.1 200 OK", b"HTTP/1.0 404 Nope"),
        (b"LOCATION", b"location"),
        (b"LOCATION: ", b"X-Location: "),
        (b"SERVER: ", b"Server:"),
    ],
)
def test_what_devices_do_otherwise_is_read(old: bytes, new: bytes) -> None:
    answer = decode_answer(EXAMPLE.replace(old, new))
    assert answer.server.endswith("MiniUPnPd/2.3.1")
    assert (answer.location == "") == (b"X-Location" in new)


@pytest.mark.parametrize(
    "data",
    [
        EXAMPLE.replace(b"HTTP/1.1 200 OK", b"NOTIFY * HTTP/1.1"),
        EXAMPLE.replace(b"EXT:", b"EXT"),
        EXAMPLE.replace(b"200", b"20x"),
        EXAMPLE.rstrip(),
        VECTORS["ssdp"]["msearch_all"].encode(),
    ],
)
def test_what_is_no_answer_is_refused(data: bytes) -> None:
    with pytest.raises(RemoteError):
        decode_answer(data)


@pytest.mark.parametrize("old", ["ST: ssdp:all\r\n", 'MAN: "ssdp:discover"\r\n', "M-SEARCH"])
def test_a_search_that_lacks_something_is_none(old: str) -> None:
    with pytest.raises(RemoteError):
        decode_search(VECTORS["ssdp"]["msearch_all"].replace(old, "").encode())


def test_every_truncation_is_an_error() -> None:
    for whole in (EXAMPLE, VECTORS["ssdp"]["msearch_all"].encode()):
        for end in range(len(whole)):
            for decode in (decode_answer, decode_search):
                with pytest.raises(RemoteError):
                    decode(whole[:end])


@given(st.binary(max_size=300))
def test_garbage_is_an_error_or_a_value(data: bytes) -> None:
    for decode in (decode_answer, decode_search):
        with contextlib.suppress(RemoteError):
            decode(data)


@given(st.builds(SearchAnswer, TEXT, TEXT, TEXT, TEXT, st.integers(0, 10_000)))
def test_answers_survive_the_way(answer: SearchAnswer) -> None:
    assert decode_answer(encode_answer(answer)) == answer


@given(TEXT, TEXT, st.integers(0, 120))
def test_searches_survive_the_way(target: str, host: str, wait: int) -> None:
    assert decode_search(encode_search(Search(target, host, wait))) == Search(target, host, wait)


def test_too_much_is_refused() -> None:
    many = b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * (MAX_HEADERS + 1) + b"\r\n"
    with pytest.raises(RemoteError):
        decode_answer(many)
    with pytest.raises(RemoteError):
        decode_answer(EXAMPLE + bytes(MAX_BYTES))
    odd = decode_answer(EXAMPLE.replace(b"max-age=120", b"max-age=" + b"9" * 30))
    assert odd.max_age_s == 120


def test_a_header_cannot_be_smuggled_in() -> None:
    with pytest.raises(LocalError):
        encode_search(Search("x\r\nEVIL: 1"))


def test_the_order_is_upstreams() -> None:
    vector = VECTORS["discovery_response_order"]
    given_, wanted = (
        [SearchAnswer(e["Location"], e["Server"], usn=e["USN"]) for e in vector[k]] for k in ("input", "output")
    )
    assert list(in_order(given_)) == wanted
    assert list(in_order(reversed(given_))) == wanted
