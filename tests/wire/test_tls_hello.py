"""The first message of TLS clients: OpenSSL writes it, we read it, in any number of records and never beyond."""

from __future__ import annotations

import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.errors import RemoteError
from natscope.wire.tls_hello import MAX_HELLO_BYTES, ClientHello, read_client_hello

LABEL = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True)


def hello(name: str = "", *protocols: str) -> bytes:
    """What OpenSSL sends first."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if protocols:
        context.set_alpn_protocols(list(protocols))
    out = ssl.MemoryBIO()
    client = context.wrap_bio(ssl.MemoryBIO(), out, server_hostname=name or None)
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    return out.read()


def in_records(data: bytes, size: int) -> bytes:
    """The same message, cut into records of `size` bytes."""
    body = data[5:]
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(data[:3] + len(piece).to_bytes(2) + piece for piece in pieces)


@pytest.mark.parametrize("protocols", [(), ("acme-tls/1",), ("h2", "http/1.1")])
def test_name_and_protocols_of_openssl(protocols: tuple[str, ...]) -> None:
    found = read_client_hello(hello("Relay.example", *protocols))
    assert found == ClientHello("relay.example", tuple(p.encode() for p in protocols))


def test_no_name_and_no_protocols() -> None:
    assert read_client_hello(hello()) == ClientHello()


def is_name(text: str) -> bool:
    """Addresses are not sent as names (RFC 6066 section 3), and OpenSSL takes much for an address."""
    return any(letter.isalpha() for letter in text)


@given(st.lists(LABEL, min_size=1, max_size=4).map(".".join).filter(is_name), st.integers(1, 700))
def test_any_records_hold_the_same(name: str, size: int) -> None:
    assert read_client_hello(in_records(hello(name, "acme-tls/1"), size)) == ClientHello(name, (b"acme-tls/1",))


def test_what_follows_is_left_alone() -> None:
    assert read_client_hello(hello("a.example") + b"\x14\x03\x03\x00\x01\x01") == ClientHello("a.example")


@pytest.mark.parametrize("size", [16, 16384])
def test_incomplete_at_every_byte(size: int) -> None:
    data = in_records(hello("relay.example", "acme-tls/1"), size)
    assert [read_client_hello(data[:end]) for end in range(len(data))] == [None] * len(data)


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n",
        b"\x15\x03\x01\x00\x02\x01\x00",
        b"\x16\x03\x01\x00\x00",
        b"\x16\x03\x01\x40\x01\x01",
        b"\x16\x03\x01\x00\x04\x02\x00\x00\x00",
        b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x03",
    ],
)
def test_what_is_no_hello(data: bytes) -> None:
    with pytest.raises(RemoteError):
        read_client_hello(data)


def test_an_endless_hello_is_refused() -> None:
    piece = b"\x16\x03\x01\x00\x04\x01\xff\xff\xff"
    more = b"\x16\x03\x01\x00\x10" + bytes(16)
    assert read_client_hello(piece + more * 9) is None
    with pytest.raises(RemoteError):
        read_client_hello((piece + more * 1000)[:MAX_HELLO_BYTES])


@given(st.binary(max_size=200), st.integers(0, 250), st.integers(0, 255))
def test_garbage_is_refused_or_waited_for(garbage: bytes, place: int, value: int) -> None:
    changed = bytearray(hello("relay.example", "acme-tls/1"))
    changed[place % len(changed)] = value
    for data in (garbage, b"\x16\x03\x01" + garbage, bytes(changed)):
        try:
            read_client_hello(data)
        except RemoteError:
            continue
