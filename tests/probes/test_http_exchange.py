"""Heads of HTTP answers: read or refused, never more than a bound."""

from __future__ import annotations

import contextlib
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.errors import RemoteError
from natscope.host.api import Stream
from natscope_probes._http_exchange import MAX_HEADERS, TLS_WORDS, exchange, is_http, parse, request_of


def test_a_head_is_read() -> None:
    head = parse(b"HTTP/1.1 407 Proxy Authentication Required\r\nDate: x\r\nX-A: 1\r\nx-a: 2\r\n\r\nbody")
    assert (head.status, head.reason) == (407, "Proxy Authentication Required")
    assert head.headers == {"date": "x", "x-a": "1"}


@pytest.mark.parametrize(
    "answer", [b"", b"HTTP/1.1", b"HTTP/1.1 20 OK\n\n", b"SSH-2.0-x\n\n", b"HTTP/1.1 \xb2\xb2\xb2\n\n"]
)
def test_what_is_no_http_is_refused(answer: bytes) -> None:
    with pytest.raises(RemoteError):
        parse(answer)


def test_too_many_headers_are_refused() -> None:
    with pytest.raises(RemoteError, match="headers"):
        parse(b"HTTP/1.1 200 OK\n" + b"a: b\n" * (MAX_HEADERS + 1) + b"\n")


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(RemoteError):
        parse(data)
    with contextlib.suppress(RemoteError):
        parse(b"HTTP/1.1 " + data)


def test_first_bytes() -> None:
    assert (is_http(b"HT"), is_http(b"HTTP/1.0"), is_http(b"\x15\x03")) == (True, True, False)


def test_requests() -> None:
    text = request_of("CONNECT", "relay.test:443", "relay.test:443", {"proxy-authorization": "Basic eA=="})
    assert text.startswith(b"CONNECT relay.test:443 HTTP/1.1\r\nhost: relay.test:443\r\n")
    assert b"connection: close" not in text
    assert request_of("GET", "/", "relay.test").endswith(b"connection: close\r\n\r\n")


class Answering:
    """A stream that says one thing."""

    def __init__(self, *parts: bytes) -> None:
        self._parts = [*parts, b""]

    async def write(self, data: bytes) -> None:
        """Into the void."""

    async def read(self, limit: int) -> bytes:
        return self._parts.pop(0)


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ((b"\x15\x03\x01\x00\x02",), TLS_WORDS),
        ((b"\x16\x03",), TLS_WORDS),
        ((b"220 smtp",), "no HTTP"),
        ((), "closed before"),
        ((b"HTTP/1.1 2",), "no HTTP"),
        ((b"HTTP/1.1 200 OK\r\n", *[b"x: " + b"y" * 1000 + b"\r\n"] * 9), "8 KiB"),
    ],
)
async def test_what_else_may_come(parts: tuple[bytes, ...], words: str) -> None:
    with pytest.raises(RemoteError, match=words):
        await exchange(cast("Stream", Answering(*parts)), b"GET / HTTP/1.1\r\n\r\n")


async def test_a_head_in_pieces() -> None:
    head = await exchange(cast("Stream", Answering(b"HT", b"TP/1.1 204 No", b" Content\r\n\r", b"\n")), b"x")
    assert (head.status, head.bytes_sent, head.bytes_received) == (204, 1, 27)
