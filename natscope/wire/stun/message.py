"""STUN messages: header, attributes, and what a reader asks a message for.

`decode` follows upstream where servers are sloppy: bytes after the declared length are ignored, the last of several
mapped addresses wins, FINGERPRINT and the source are not checked (ask `fingerprint_ok`). A mapped address that cannot
be read fails the message; any other malformed attribute reads as absent. RFC 8489 §5 and §6, upstream:
net/stun/stun.go, ParseResponse. A message without the cookie is a classic one (RFC 3489).
"""

from __future__ import annotations

import enum
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from natscope.errors import LocalError, RemoteError
from natscope.model.endpoint import Endpoint, unmapped
from natscope.wire.cursor import Reader, Writer
from natscope.wire.stun import attributes as attribute_codecs
from natscope.wire.stun.attributes import COOKIE, Attr, Change, ErrorCode, RawAttribute
from natscope.wire.stun.integrity import HEADER_BYTES, append_fingerprint, is_fingerprint_right

BINDING = 1
TAILSCALE_SOFTWARE = b"tailnode"
MAX_ATTRIBUTES = 256
"""More in one message is garbage: a datagram of 1,500 bytes with empty attributes holds 370."""
_T = TypeVar("_T")
_MAPPED = (Attr.MAPPED_ADDRESS, Attr.XOR_MAPPED_ADDRESS, Attr.XOR_MAPPED_ADDRESS_OLD)


class MessageClass(enum.IntEnum):
    """The two class bits."""

    REQUEST = 0
    INDICATION = 1
    SUCCESS = 2
    ERROR = 3


class RequestForm(enum.Enum):
    """How a Binding request is written. Relays answer the Tailscale form only."""

    PLAIN = "plain"
    TAILSCALE = "tailscale"


@dataclass(frozen=True, slots=True)
class Message:
    """A decoded message. `transaction_id` has 12 bytes, or 16 in a `classic` message (RFC 3489, no cookie).

    `data` is the message itself without the `trailing` bytes that came behind it. Properties read attributes:
    addresses the last of a kind, all else the first (RFC 8489 §14).
    """

    message_class: MessageClass
    method: int
    transaction_id: bytes
    classic: bool
    attributes: tuple[RawAttribute, ...]
    data: bytes
    trailing: int = 0

    def first(self, kind: int) -> bytes | None:
        """The value of the first attribute of that type."""
        return next((value for number, value in self.attributes if number == kind), None)

    def last(self, kind: int) -> bytes | None:
        """The value of the last attribute of that type."""
        return next((value for number, value in reversed(self.attributes) if number == kind), None)

    @property
    def mapped_address(self) -> Endpoint | None:
        """Where the server saw the request come from: XOR-MAPPED-ADDRESS before MAPPED-ADDRESS, IPv4 unmapped."""
        endpoint = self.xor_mapped or self.mapped
        if endpoint is None or endpoint.family == 4:
            return endpoint
        return Endpoint(unmapped(endpoint.ip), endpoint.port)

    @property
    def xor_mapped(self) -> Endpoint | None:
        """XOR-MAPPED-ADDRESS, also by its pre-standard number; None in classic messages, where its key is undefined."""
        if self.classic:
            return None
        wanted = (Attr.XOR_MAPPED_ADDRESS, Attr.XOR_MAPPED_ADDRESS_OLD)
        value = next((value for number, value in reversed(self.attributes) if number in wanted), None)
        return None if value is None else attribute_codecs.decode_xor_address(value, self.transaction_id)

    @property
    def mapped(self) -> Endpoint | None:
        """MAPPED-ADDRESS as sent; differing from `xor_mapped` it proves that something rewrites payloads."""
        return self._read(self.last(Attr.MAPPED_ADDRESS), attribute_codecs.decode_address)

    @property
    def other_address(self) -> Endpoint | None:
        """OTHER-ADDRESS, or its classic form CHANGED-ADDRESS (many servers send only that)."""
        value = self.last(Attr.OTHER_ADDRESS) or self.last(Attr.CHANGED_ADDRESS)
        return self._read(value, attribute_codecs.decode_address)

    @property
    def response_origin(self) -> Endpoint | None:
        """RESPONSE-ORIGIN, or its classic form SOURCE-ADDRESS."""
        value = self.last(Attr.RESPONSE_ORIGIN) or self.last(Attr.SOURCE_ADDRESS)
        return self._read(value, attribute_codecs.decode_address)

    @property
    def software(self) -> str:
        """SOFTWARE, empty when absent (foreign text)."""
        return attribute_codecs.decode_text(self.first(Attr.SOFTWARE) or b"")

    @property
    def error(self) -> ErrorCode | None:
        """ERROR-CODE."""
        return self._read(self.first(Attr.ERROR_CODE), attribute_codecs.decode_error)

    @property
    def unknown_attributes(self) -> tuple[int, ...]:
        """UNKNOWN-ATTRIBUTES, empty when absent."""
        return self._read(self.first(Attr.UNKNOWN_ATTRIBUTES), attribute_codecs.decode_types) or ()

    @property
    def change_request(self) -> Change | None:
        """CHANGE-REQUEST."""
        return self._read(self.first(Attr.CHANGE_REQUEST), attribute_codecs.decode_change)

    @property
    def response_port(self) -> int | None:
        """RESPONSE-PORT."""
        return self._read(self.first(Attr.RESPONSE_PORT), attribute_codecs.decode_response_port)

    @property
    def padding(self) -> bytes | None:
        """PADDING."""
        return self.first(Attr.PADDING)

    @property
    def has_fingerprint(self) -> bool:
        """Whether any FINGERPRINT is there."""
        return self.first(Attr.FINGERPRINT) is not None

    @property
    def fingerprint_ok(self) -> bool:
        """Whether there is exactly one FINGERPRINT, as the last attribute, and it is right."""
        count = sum(number == Attr.FINGERPRINT for number, _ in self.attributes)
        return count == 1 and is_fingerprint_right(self.data)

    def _read(self, value: bytes | None, decode_value: Callable[[bytes], _T]) -> _T | None:
        if value is None:
            return None
        try:
            return decode_value(value)
        except RemoteError:
            return None


def is_stun(data: bytes) -> bool:
    """Whether it looks like a STUN message with cookie: what a shared socket sorts by (RFC 8489 §5)."""
    return len(data) >= HEADER_BYTES and data[0] < 0x40 and data[4:8] == COOKIE


def decode(data: bytes) -> Message:
    """One datagram as a message, with cookie or classic. Raises `RemoteError`."""
    reader = Reader(data)
    kind = reader.u16("message type")
    length = reader.u16("message length")
    if kind & 0xC000:
        raise RemoteError(f"the first bits of message type {kind:#06x} are not zero", field="message type")
    if length % 4:
        raise RemoteError(f"message length {length} is no multiple of 4", offset=2, field="message length")
    classic = data[4:8] != COOKIE
    reader.skip(0 if classic else 4, "magic cookie")
    transaction_id = reader.take(16 if classic else 12, "transaction id")
    end = HEADER_BYTES + length
    if end > len(data):
        raise RemoteError(f"{end} bytes announced, {len(data)} came", offset=2, field="message length")
    found = _decode_attributes(Reader(data, HEADER_BYTES, end), None if classic else transaction_id)
    message_class, method = split_type(kind)
    return Message(message_class, method, transaction_id, classic, found, bytes(data[:end]), len(data) - end)


def _decode_attributes(reader: Reader, transaction_id: bytes | None) -> tuple[RawAttribute, ...]:
    found: list[RawAttribute] = []
    while reader.remaining:
        if len(found) == MAX_ATTRIBUTES:
            raise RemoteError(f"more than {MAX_ATTRIBUTES} attributes", offset=reader.offset, field="attributes")
        offset = reader.offset
        kind = reader.u16("attribute type")
        length = reader.u16("attribute length")
        value = reader.take(length, "attribute value")
        reader.skip(-length % 4, "attribute padding")
        if kind in _MAPPED:
            _check_mapped(value, offset)
        found.append((kind, value))
    return tuple(found)


def _check_mapped(value: bytes, offset: int) -> None:
    """Family and length of a mapped address, XORed or not: the family byte never is."""
    needed = {1: 8, 2: 20}.get(value[1]) if len(value) > 1 else None
    if needed is None or len(value) < needed:
        raise RemoteError(f"a mapped address of {len(value)} bytes", offset=offset, field="mapped address")


def split_type(kind: int) -> tuple[MessageClass, int]:
    """Class and method of a message type (RFC 8489 §5, figure 3)."""
    method = (kind & 0x000F) | (kind & 0x00E0) >> 1 | (kind & 0x3E00) >> 2
    return MessageClass((kind & 0x0100) >> 7 | (kind & 0x0010) >> 4), method


def join_type(message_class: MessageClass, method: int) -> int:
    """The message type of class and method."""
    if not 0 <= method <= 0xFFF:
        raise LocalError(f"method {method} is not in 0..4095")
    spread = (method & 0x000F) | (method & 0x0070) << 1 | (method & 0x0F80) << 2
    return spread | (message_class & 2) << 7 | (message_class & 1) << 4


def encode(
    message_class: MessageClass,
    transaction_id: bytes,
    attributes: Sequence[RawAttribute] = (),
    *,
    method: int = BINDING,
    fingerprint: bool = False,
) -> bytes:
    """A message. `transaction_id` of 12 bytes makes one with cookie, of 16 bytes a classic one. Raises `LocalError`."""
    if len(transaction_id) not in (12, 16):
        raise LocalError(f"a transaction id has 12 bytes (16 in classic messages), not {len(transaction_id)}")
    body = Writer()
    for kind, value in attributes:
        body.u16(kind, "attribute type").u16(len(value), "attribute length").put(value, "attribute value").pad(4)
    head = Writer().u16(join_type(message_class, method), "message type").u16(len(body), "message length")
    cookie = COOKIE if len(transaction_id) == 12 else b""
    message = head.put(cookie + transaction_id, "transaction id").finish() + body.finish()
    return append_fingerprint(message) if fingerprint else message


_TAILSCALE_HEAD = struct.pack("!HH4s", 0x0001, 20, COOKIE)
_TAILSCALE_TAIL = struct.pack("!HH8s", Attr.SOFTWARE, 8, TAILSCALE_SOFTWARE)


def encode_binding_request(
    transaction_id: bytes, form: RequestForm = RequestForm.PLAIN, attributes: Sequence[RawAttribute] = ()
) -> bytes:
    """A Binding request with cookie; `transaction_id` is 12 random bytes, new for each send.

    The Tailscale form is always the same 40 bytes (SOFTWARE `tailnode`, FINGERPRINT) and takes no further
    attributes: relays answer nothing else. Upstream: net/stun/stun.go, Request.
    """
    if len(transaction_id) != 12:
        raise LocalError(f"a transaction id has 12 bytes, not {len(transaction_id)}")
    if form is RequestForm.PLAIN:
        return encode(MessageClass.REQUEST, transaction_id, attributes)
    if attributes:
        raise LocalError("the Tailscale form carries no further attributes")
    return append_fingerprint(_TAILSCALE_HEAD + transaction_id + _TAILSCALE_TAIL)


def encode_binding_success(
    transaction_id: bytes, mapped: Endpoint, attributes: Sequence[RawAttribute] = (), *, fingerprint: bool = False
) -> bytes:
    """A Binding success: XOR-MAPPED-ADDRESS first, then `attributes`. Upstream: net/stun/stun.go, Response."""
    value = attribute_codecs.encode_xor_address(mapped, transaction_id)
    everything = [(int(Attr.XOR_MAPPED_ADDRESS), value), *attributes]
    return encode(MessageClass.SUCCESS, transaction_id, everything, fingerprint=fingerprint)


def encode_binding_error(
    transaction_id: bytes, error: ErrorCode, unknown: Sequence[int] = (), *, fingerprint: bool = False
) -> bytes:
    """A Binding error, with UNKNOWN-ATTRIBUTES when there are any (RFC 8489 §6.3.1). 12 or 16 bytes of id."""
    listed = [(int(Attr.ERROR_CODE), attribute_codecs.encode_error(error))]
    if unknown:
        listed.append((int(Attr.UNKNOWN_ATTRIBUTES), attribute_codecs.encode_types(unknown)))
    return encode(MessageClass.ERROR, transaction_id, listed, fingerprint=fingerprint)
