"""STUN attributes as a table: number, form of the value, who may rely on it, source.

A row's `use` says what a server does with the attribute in a Binding request; the forms below turn values into bytes
and back. Source: RFC 8489 §14 and §18.3, RFC 5780 §7, RFC 3489 §11.2.
"""

from __future__ import annotations

import enum
import ipaddress
import struct
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from natscope.errors import LocalError, RemoteError
from natscope.model.endpoint import Endpoint, IPAddress
from natscope.wire.cursor import Writer

COOKIE = b"\x21\x12\xa4\x42"
COMPREHENSION_OPTIONAL = 0x8000
"""Types from here on may be skipped by who does not know them."""
MAX_SOFTWARE_BYTES = 763
"""RFC 8489 §14.14: fewer than 128 characters, which can be as long as 763 bytes."""

RawAttribute: TypeAlias = tuple[int, bytes]
"""Type and value, without padding."""


class Attr(enum.IntEnum):
    """Attribute types by name."""

    MAPPED_ADDRESS = 0x0001
    RESPONSE_ADDRESS = 0x0002
    CHANGE_REQUEST = 0x0003
    SOURCE_ADDRESS = 0x0004
    CHANGED_ADDRESS = 0x0005
    USERNAME = 0x0006
    PASSWORD = 0x0007
    MESSAGE_INTEGRITY = 0x0008
    ERROR_CODE = 0x0009
    UNKNOWN_ATTRIBUTES = 0x000A
    REFLECTED_FROM = 0x000B
    REALM = 0x0014
    NONCE = 0x0015
    MESSAGE_INTEGRITY_SHA256 = 0x001C
    PASSWORD_ALGORITHM = 0x001D
    USERHASH = 0x001E
    XOR_MAPPED_ADDRESS = 0x0020
    PRIORITY = 0x0024
    USE_CANDIDATE = 0x0025
    PADDING = 0x0026
    RESPONSE_PORT = 0x0027
    PASSWORD_ALGORITHMS = 0x8002
    ALTERNATE_DOMAIN = 0x8003
    XOR_MAPPED_ADDRESS_OLD = 0x8020
    SOFTWARE = 0x8022
    ALTERNATE_SERVER = 0x8023
    CACHE_TIMEOUT = 0x8027
    FINGERPRINT = 0x8028
    ICE_CONTROLLED = 0x8029
    ICE_CONTROLLING = 0x802A
    RESPONSE_ORIGIN = 0x802B
    OTHER_ADDRESS = 0x802C
    HELPER = 0xCE53
    """Ours (`natscope.wire.stun.helper_messages`), from the range that may be skipped and needs no standard."""


class Form(enum.Enum):
    """How a value is written."""

    ADDRESS = "address"
    XOR_ADDRESS = "XORed address"
    FLAGS = "32 flag bits"
    NUMBER = "32-bit number"
    PORT = "port, and perhaps two zero bytes"
    TEXT = "UTF-8"
    ERROR = "class, number, reason"
    TYPES = "list of attribute types"
    OPAQUE = "bytes"


class Use(enum.Enum):
    """What a server does with the attribute in a Binding request."""

    IGNORED = "understood, changes nothing about a plain answer"
    CHECKED = "must be right, or the request is dropped"
    ALTERNATE = "only the two-address server understands it"


class Row(NamedTuple):
    """One attribute. `use` is None where a request that carries it as a required one is refused."""

    attr: Attr
    form: Form
    use: Use | None
    source: str


_ROWS = (
    Row(Attr.MAPPED_ADDRESS, Form.ADDRESS, Use.IGNORED, "RFC 8489 §14.1"),
    Row(Attr.RESPONSE_ADDRESS, Form.ADDRESS, Use.ALTERNATE, "RFC 3489 §11.2.2"),
    Row(Attr.CHANGE_REQUEST, Form.FLAGS, Use.ALTERNATE, "RFC 5780 §7.2"),
    Row(Attr.SOURCE_ADDRESS, Form.ADDRESS, Use.IGNORED, "RFC 3489 §11.2.5"),
    Row(Attr.CHANGED_ADDRESS, Form.ADDRESS, Use.IGNORED, "RFC 3489 §11.2.3"),
    Row(Attr.USERNAME, Form.TEXT, Use.IGNORED, "RFC 8489 §14.3"),
    Row(Attr.PASSWORD, Form.OPAQUE, Use.IGNORED, "RFC 3489 §11.2.7"),
    Row(Attr.MESSAGE_INTEGRITY, Form.OPAQUE, Use.IGNORED, "RFC 8489 §14.5"),
    Row(Attr.ERROR_CODE, Form.ERROR, Use.IGNORED, "RFC 8489 §14.8"),
    Row(Attr.UNKNOWN_ATTRIBUTES, Form.TYPES, Use.IGNORED, "RFC 8489 §14.13"),
    Row(Attr.REFLECTED_FROM, Form.ADDRESS, Use.IGNORED, "RFC 3489 §11.2.11"),
    Row(Attr.REALM, Form.TEXT, Use.IGNORED, "RFC 8489 §14.9"),
    Row(Attr.NONCE, Form.TEXT, Use.IGNORED, "RFC 8489 §14.10"),
    Row(Attr.MESSAGE_INTEGRITY_SHA256, Form.OPAQUE, Use.IGNORED, "RFC 8489 §14.6"),
    Row(Attr.PASSWORD_ALGORITHM, Form.OPAQUE, Use.IGNORED, "RFC 8489 §14.12"),
    Row(Attr.USERHASH, Form.OPAQUE, Use.IGNORED, "RFC 8489 §14.4"),
    Row(Attr.XOR_MAPPED_ADDRESS, Form.XOR_ADDRESS, Use.IGNORED, "RFC 8489 §14.2"),
    Row(Attr.PRIORITY, Form.NUMBER, Use.IGNORED, "RFC 8445 §16.1"),
    Row(Attr.USE_CANDIDATE, Form.OPAQUE, Use.IGNORED, "RFC 8445 §16.1"),
    Row(Attr.PADDING, Form.OPAQUE, Use.ALTERNATE, "RFC 5780 §7.6"),
    Row(Attr.RESPONSE_PORT, Form.PORT, Use.ALTERNATE, "RFC 5780 §7.5"),
    Row(Attr.PASSWORD_ALGORITHMS, Form.OPAQUE, Use.IGNORED, "RFC 8489 §14.11"),
    Row(Attr.ALTERNATE_DOMAIN, Form.TEXT, Use.IGNORED, "RFC 8489 §14.16"),
    Row(Attr.XOR_MAPPED_ADDRESS_OLD, Form.XOR_ADDRESS, Use.IGNORED, "before RFC 5389; accepted, never sent"),
    Row(Attr.SOFTWARE, Form.TEXT, Use.IGNORED, "RFC 8489 §14.14"),
    Row(Attr.ALTERNATE_SERVER, Form.ADDRESS, Use.IGNORED, "RFC 8489 §14.15"),
    Row(Attr.CACHE_TIMEOUT, Form.NUMBER, Use.IGNORED, "RFC 5780 §7 (18.3)"),
    Row(Attr.FINGERPRINT, Form.NUMBER, Use.CHECKED, "RFC 8489 §14.7"),
    Row(Attr.ICE_CONTROLLED, Form.OPAQUE, Use.IGNORED, "RFC 8445 §16.1"),
    Row(Attr.ICE_CONTROLLING, Form.OPAQUE, Use.IGNORED, "RFC 8445 §16.1"),
    Row(Attr.RESPONSE_ORIGIN, Form.ADDRESS, Use.IGNORED, "RFC 5780 §7.3"),
    Row(Attr.OTHER_ADDRESS, Form.ADDRESS, Use.IGNORED, "RFC 5780 §7.4"),
    Row(Attr.HELPER, Form.OPAQUE, Use.IGNORED, "docs/helper.md"),
)
ATTRIBUTES: dict[int, Row] = {row.attr.value: row for row in _ROWS}


class Change(NamedTuple):
    """CHANGE-REQUEST: answer from the other address, the other port, or both (RFC 5780 §7.2)."""

    address: bool
    port: bool


class ErrorCode(NamedTuple):
    """ERROR-CODE: 300 to 699 and the server's own words (foreign text: clean it before it is drawn)."""

    code: int
    reason: str


def encode_address(endpoint: Endpoint) -> bytes:
    """The value of MAPPED-ADDRESS and its like (RFC 8489 §14.1)."""
    family = 1 if endpoint.ip.version == 4 else 2
    return struct.pack("!BBH", 0, family, endpoint.port) + endpoint.ip.packed


def decode_address(value: bytes, field: str = "address") -> Endpoint:
    """Reads an address; bytes after it are tolerated, as upstream does."""
    if len(value) < 4:
        raise RemoteError(f"{field} has {len(value)} bytes", field=field)
    _zero, family, port = struct.unpack_from("!BBH", value)
    ip: IPAddress
    if family == 1 and len(value) >= 8:
        ip = ipaddress.IPv4Address(value[4:8])
    elif family == 2 and len(value) >= 20:
        ip = ipaddress.IPv6Address(value[4:20])
    else:
        raise RemoteError(f"{field} has family {family} and {len(value)} bytes", field=field, offset=1)
    return Endpoint(ip, port)


def xor_address(value: bytes, transaction_id: bytes) -> bytes:
    """The value of an address attribute XORed, or the reverse: the rule is its own inverse (RFC 8489 §14.2).

    The first two bytes (zero and family) stay; `transaction_id` is the 12 bytes after the cookie.
    """
    key = COOKIE[:2] + COOKIE + transaction_id
    body = value[2 : 2 + len(key)]
    mixed = int.from_bytes(body, "big") ^ int.from_bytes(key[: len(body)], "big")
    return value[:2] + mixed.to_bytes(len(body), "big")


def encode_xor_address(endpoint: Endpoint, transaction_id: bytes) -> bytes:
    """The value of XOR-MAPPED-ADDRESS."""
    return xor_address(encode_address(endpoint), transaction_id)


def decode_xor_address(value: bytes, transaction_id: bytes, field: str = "XOR-MAPPED-ADDRESS") -> Endpoint:
    """Reads XOR-MAPPED-ADDRESS."""
    return decode_address(xor_address(value, transaction_id), field)


def encode_change(change: Change) -> bytes:
    """The value of CHANGE-REQUEST."""
    return struct.pack("!I", 4 * change.address + 2 * change.port)


def decode_change(value: bytes) -> Change:
    """Reads CHANGE-REQUEST."""
    flags = _exact(value, 4, "CHANGE-REQUEST")
    return Change(bool(flags & 4), bool(flags & 2))


def encode_response_port(port: int) -> bytes:
    """The value of RESPONSE-PORT, 2 bytes: stuntman takes only this length, coturn this and 4."""
    return Writer().u16(port, "RESPONSE-PORT").finish()


def decode_response_port(value: bytes) -> int:
    """Reads RESPONSE-PORT of 2 or 4 bytes (coturn's clients send 4)."""
    if len(value) not in (2, 4):
        raise RemoteError(f"RESPONSE-PORT has {len(value)} bytes", field="RESPONSE-PORT")
    return int.from_bytes(value[:2], "big")


def encode_error(error: ErrorCode) -> bytes:
    """The value of ERROR-CODE."""
    if not 300 <= error.code <= 699:
        raise LocalError(f"error code {error.code} is not in 300..699")
    return struct.pack("!HBB", 0, error.code // 100, error.code % 100) + error.reason.encode()


def decode_error(value: bytes) -> ErrorCode:
    """Reads ERROR-CODE; the class is its three low bits."""
    if len(value) < 4:
        raise RemoteError(f"ERROR-CODE has {len(value)} bytes", field="ERROR-CODE")
    code = (value[2] & 7) * 100 + value[3]
    if not 300 <= code <= 699 or value[3] > 99:
        raise RemoteError(f"ERROR-CODE is {code}", field="ERROR-CODE", offset=2)
    return ErrorCode(code, decode_text(value[4:]))


def encode_types(types: Sequence[int]) -> bytes:
    """The value of UNKNOWN-ATTRIBUTES."""
    return struct.pack(f"!{len(types)}H", *types)


def decode_types(value: bytes) -> tuple[int, ...]:
    """Reads UNKNOWN-ATTRIBUTES."""
    if len(value) % 2:
        raise RemoteError(f"UNKNOWN-ATTRIBUTES has {len(value)} bytes", field="UNKNOWN-ATTRIBUTES")
    return struct.unpack(f"!{len(value) // 2}H", value)


def decode_text(value: bytes) -> str:
    """UTF-8 as it comes; wrong bytes become U+FFFD, trailing zeros and blanks (old servers pad with them) go."""
    return value.decode("utf-8", "replace").rstrip("\0 ")


def _exact(value: bytes, width: int, field: str) -> int:
    if len(value) != width:
        raise RemoteError(f"{field} has {len(value)} bytes, not {width}", field=field)
    return int.from_bytes(value, "big")
