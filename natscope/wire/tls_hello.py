"""What a TLS client says first, as far as a server has to know it before it chooses a certificate: name and protocols.

Records RFC 8446 section 5.1, ClientHello section 4.1.2, server_name RFC 6066 section 3, ALPN RFC 7301 section 3.1.
"""

from __future__ import annotations

import msgspec

from natscope.errors import RemoteError
from natscope.wire.cursor import Reader

MAX_HELLO_BYTES = 16 * 1024
"""A longer one, records included, is refused; the largest seen in the wild are below 2 KiB."""
_HANDSHAKE_RECORD, _CLIENT_HELLO = 22, 1
_MAX_RECORD_BYTES = 1 << 14
_SERVER_NAME, _ALPN, _DNS_NAME = 0, 16, 0


class ClientHello(msgspec.Struct, frozen=True):
    """`server_name` is lower case and empty where none is said; `protocols` as offered, in order."""

    server_name: str = ""
    protocols: tuple[bytes, ...] = ()


def read_client_hello(data: bytes) -> ClientHello | None:
    """The beginning of a TLS connection; None while the message is not complete.

    Raises `RemoteError` for what can never become a ClientHello.
    """
    message = _message(data)
    if message is None:
        return None
    reader = Reader(message)
    reader.skip(2 + 32, "version and random")
    reader.skip(reader.u8("session id length"), "session id")
    reader.skip(reader.u16("cipher suites length"), "cipher suites")
    reader.skip(reader.u8("compression methods length"), "compression methods")
    name = ""
    protocols: tuple[bytes, ...] = ()
    if reader.remaining:
        extensions = _sub(reader, reader.u16("extensions length"), "extensions")
        while extensions.remaining:
            kind = extensions.u16("extension type")
            body = _sub(extensions, extensions.u16("extension length"), "extension")
            if kind == _SERVER_NAME:
                name = _server_name(body)
            elif kind == _ALPN:
                protocols = _protocols(body)
    return ClientHello(name, protocols)


def _message(data: bytes) -> bytes | None:
    """The handshake message out of its records, which may cut it anywhere."""
    joined = bytearray()
    records = Reader(data[:MAX_HELLO_BYTES])
    while True:
        if records.remaining and data[records.offset] != _HANDSHAKE_RECORD:
            raise RemoteError("no TLS handshake", offset=records.offset, field="record type")
        if records.remaining < 5:
            break
        records.skip(3, "record type and version")
        length = records.u16("record length")
        if not 0 < length <= _MAX_RECORD_BYTES:
            raise RemoteError(f"a record of {length} bytes", offset=records.offset, field="record length")
        joined += records.take(min(length, records.remaining), "record")
        if joined and joined[0] != _CLIENT_HELLO:
            raise RemoteError("the first message is no ClientHello", field="handshake type")
        if len(joined) >= 4 and len(joined) - 4 >= (size := int.from_bytes(joined[1:4])):
            return bytes(joined[4 : 4 + size])
        if records.remaining == 0:
            break
    if len(data) >= MAX_HELLO_BYTES:
        raise RemoteError(f"a ClientHello of more than {MAX_HELLO_BYTES} bytes", field="handshake length")
    return None


def _server_name(body: Reader) -> str:
    """The first DNS name; an empty extension is what servers send, not clients."""
    names = _sub(body, body.u16("server name list length"), "server name list")
    while names.remaining:
        kind = names.u8("server name type")
        name = names.take(names.u16("server name length"), "server name")
        if kind == _DNS_NAME:
            return name.decode("latin-1").lower()
    return ""


def _protocols(body: Reader) -> tuple[bytes, ...]:
    names = _sub(body, body.u16("protocol list length"), "protocol list")
    found = []
    while names.remaining:
        found.append(names.take(names.u8("protocol length"), "protocol"))
    return tuple(found)


def _sub(reader: Reader, length: int, field: str) -> Reader:
    """A reader of exactly the next `length` bytes."""
    return Reader(reader.take(length, field))
