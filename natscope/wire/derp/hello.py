"""The greeting: ClientInfo and ServerInfo, JSON in a NaCl box. Opening the box is all the authentication there is.

A box is 24 bytes of nonce, then XSalsa20-Poly1305 of the JSON under X25519 of both keys. Field names are matched in any
case, as Go's decoder does. Source: upstream derp/derp_client.go, derp/derpserver/derpserver.go, types/key.
"""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec
from nacl.bindings import crypto_box, crypto_box_NONCEBYTES, crypto_box_open
from nacl.exceptions import CryptoError

from natscope.errors import LocalError, RemoteError
from natscope.wire.derp.frames import PROTOCOL_VERSION, FrameType, Sealed
from natscope.wire.keys import KEY_BYTES, PrivateKey, parse_key

NONCE_BYTES: int = crypto_box_NONCEBYTES
MAX_INFO_BYTES = 1 << 20
NO_MESH_KEY = bytes(KEY_BYTES)
"""All zeros counts as no mesh key."""
_SURROGATE = re.compile("[\ud800-\udfff]")
"""Half a character, which JSON can say and UTF-8 cannot."""
_INT64 = 1 << 63
"""Beyond, Go's decoder refuses a number; ours would go on to make floats of it."""


class ClientInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What a client says of itself. `mesh_key` are the 32 bytes that relays of one region share, empty without."""

    version: int = PROTOCOL_VERSION
    mesh_key: bytes = b""
    can_ack_pings: bool = False
    is_prober: bool = False
    app_name: str = ""


class ServerInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What a server says of itself; a rate of 0 means that the client need not limit itself."""

    version: int = PROTOCOL_VERSION
    bytes_per_second: int = 0
    burst_bytes: int = 0


def seal_client_info(info: ClientInfo, private: PrivateKey, server: bytes, nonce: bytes) -> Sealed:
    """The client's first frame. `nonce` are 24 random bytes."""
    fields: dict[str, Any] = {"version": info.version, "CanAckPings": info.can_ack_pings}
    if info.mesh_key and info.mesh_key != NO_MESH_KEY:
        fields = {"meshKey": info.mesh_key.hex(), **fields}
    if info.is_prober:
        fields["IsProber"] = True
    if info.app_name:
        fields["AppName"] = info.app_name
    return sealed_client_info(_json(fields), private, server, nonce)


def sealed_client_info(text: bytes, private: PrivateKey, server: bytes, nonce: bytes) -> Sealed:
    """The same with a text of one's own."""
    return Sealed(FrameType.CLIENT_INFO, private.public, _seal(text, private, server, nonce))


def open_client_info(frame: Sealed, private: PrivateKey) -> ClientInfo:
    """What the client said. Raises `RemoteError` when the box is not for us or its text is wrong."""
    return client_info_from_json(_open(frame.box, private, frame.key))


def client_info_from_json(text: bytes) -> ClientInfo:
    """The JSON alone. A mesh key that is there must be right: upstream refuses the empty text, too."""
    fields = _fields(text)
    mesh_key = b""
    if "meshkey" in fields:
        mesh_key = parse_key(_typed(fields, "meshkey", str, ""), "")
    return ClientInfo(
        version=_typed(fields, "version", int, 0),
        mesh_key=b"" if mesh_key == NO_MESH_KEY else mesh_key,
        can_ack_pings=_typed(fields, "canackpings", bool, False),
        is_prober=_typed(fields, "isprober", bool, False),
        app_name=_SURROGATE.sub("\N{REPLACEMENT CHARACTER}", _typed(fields, "appname", str, "")),
    )


def seal_server_info(info: ServerInfo, private: PrivateKey, client: bytes, nonce: bytes) -> Sealed:
    """The server's answer to ClientInfo. `nonce` are 24 random bytes."""
    fields = {"version": info.version}
    if info.bytes_per_second:
        fields["TokenBucketBytesPerSecond"] = info.bytes_per_second
    if info.burst_bytes:
        fields["TokenBucketBytesBurst"] = info.burst_bytes
    return sealed_server_info(_json(fields), private, client, nonce)


def sealed_server_info(text: bytes, private: PrivateKey, client: bytes, nonce: bytes) -> Sealed:
    """The same with a text of one's own."""
    return Sealed(FrameType.SERVER_INFO, b"", _seal(text, private, client, nonce))


def open_server_info(frame: Sealed, private: PrivateKey, server: bytes) -> ServerInfo:
    """What the server said. Raises `RemoteError`."""
    fields = _fields(_open(frame.box, private, server))
    return ServerInfo(
        version=_typed(fields, "version", int, 0),
        bytes_per_second=max(0, _typed(fields, "tokenbucketbytespersecond", int, 0)),
        burst_bytes=max(0, _typed(fields, "tokenbucketbytesburst", int, 0)),
    )


def _json(fields: dict[str, Any]) -> bytes:
    return json.dumps(fields, separators=(",", ":")).encode()


def _seal(text: bytes, private: PrivateKey, other: bytes, nonce: bytes) -> bytes:
    if len(nonce) != NONCE_BYTES:
        raise LocalError(f"a nonce has {NONCE_BYTES} bytes, not {len(nonce)}")
    sealed: bytes = crypto_box(text, nonce, other, private.data)
    return nonce + sealed


def _open(box: bytes, private: PrivateKey, other: bytes) -> bytes:
    if not NONCE_BYTES <= len(box) <= NONCE_BYTES + MAX_INFO_BYTES:
        raise RemoteError(f"a box of {len(box)} bytes", field="box")
    try:
        text: bytes = crypto_box_open(box[NONCE_BYTES:], box[:NONCE_BYTES], other, private.data)
    except (CryptoError, ValueError) as error:
        raise RemoteError("the greeting's box does not open with these keys", field="box") from error
    return text


def _fields(text: bytes) -> dict[str, Any]:
    try:
        found = json.loads(text.decode("utf-8", "replace"))  # Go replaces what is no UTF-8, too
    except (ValueError, RecursionError) as error:
        raise RemoteError("the greeting is no JSON", field="info") from error
    if found is None:  # to Go an object without fields
        return {}
    if not isinstance(found, dict):
        raise RemoteError("the greeting is no JSON object", field="info")
    return {name.lower(): value for name, value in found.items()}


def _typed(fields: dict[str, Any], name: str, kind: type, default: Any) -> Any:
    """A field of the right type; null reads as absent, as in Go."""
    value = fields.get(name)
    if value is None:
        return default
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise RemoteError(f"{name} is no {kind.__name__}", field=name)
    if isinstance(value, int) and not -_INT64 <= value < _INT64:
        raise RemoteError(f"{name} is too large", field=name)
    return value
