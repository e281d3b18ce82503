"""PCP: ANNOUNCE, MAP and PEER, requests and responses. Network byte order, UDP port 5351, both families.

Source: RFC 6887 §7 (headers), §11 (MAP), §12 (PEER), §14.1 (ANNOUNCE). A message has at most 1,100 bytes, a multiple of
4. Addresses are 16 bytes; `::ffff:a.b.c.d` is read and written as IPv4. The 96-bit nonce of a mapping must be echoed,
and a server renews or deletes only for who knows it.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TypeAlias

from natscope.errors import LocalError, RemoteError
from natscope.model.endpoint import IPAddress
from natscope.wire.cursor import Reader, Writer
from natscope.wire.portmap.pcp_options import Option, put_address, put_options, take_address, take_options

VERSION = 2
SERVER_PORT, CLIENT_PORT = 5351, 5350
MAX_BYTES = 1100
HEADER_BYTES = 24
NONCE_BYTES = 12
RESPONSE = 0x80
LONG_ERROR_S, SHORT_ERROR_S = 1800, 30
"""How long an error lasts, RFC 6887 §7.4: about so many seconds."""
ALL_PROTOCOLS, TCP, UDP = 0, 6, 17


class Opcode(enum.IntEnum):
    """RFC 6887 §19.2."""

    ANNOUNCE = 0
    MAP = 1
    PEER = 2


class Result(enum.IntEnum):
    """Result codes, RFC 6887 §7.4."""

    SUCCESS = 0
    UNSUPP_VERSION = 1
    NOT_AUTHORIZED = 2
    MALFORMED_REQUEST = 3
    UNSUPP_OPCODE = 4
    UNSUPP_OPTION = 5
    MALFORMED_OPTION = 6
    NETWORK_FAILURE = 7
    NO_RESOURCES = 8
    UNSUPP_PROTOCOL = 9
    USER_EX_QUOTA = 10
    CANNOT_PROVIDE_EXTERNAL = 11
    ADDRESS_MISMATCH = 12
    """The server sees another source address than the client wrote: a NAT stands between them."""
    EXCESSIVE_REMOTE_PEERS = 13


WORDS = {
    Result.SUCCESS: "success",
    Result.UNSUPP_VERSION: "unsupported version",
    Result.NOT_AUTHORIZED: "not authorized",
    Result.MALFORMED_REQUEST: "malformed request",
    Result.UNSUPP_OPCODE: "unsupported opcode",
    Result.UNSUPP_OPTION: "unsupported option",
    Result.MALFORMED_OPTION: "malformed option",
    Result.NETWORK_FAILURE: "network failure",
    Result.NO_RESOURCES: "no resources",
    Result.UNSUPP_PROTOCOL: "unsupported protocol",
    Result.USER_EX_QUOTA: "quota of this user exceeded",
    Result.CANNOT_PROVIDE_EXTERNAL: "cannot provide that external port or address",
    Result.ADDRESS_MISMATCH: "address mismatch",
    Result.EXCESSIVE_REMOTE_PEERS: "too many remote peers",
}
_RESULTS = {int(result): result for result in Result}
_SHORT_ERRORS = (Result.NETWORK_FAILURE, Result.NO_RESOURCES, Result.USER_EX_QUOTA)


def result_words(code: int) -> str:
    """A result code in words; codes that nobody has assigned as `result 99`."""
    known = _RESULTS.get(code)
    return WORDS[known] if known is not None else f"result {code}"


def error_lifetime_s(result: Result) -> int:
    """How long a server says that an error will last; 0 for success."""
    if result is Result.SUCCESS:
        return 0
    return SHORT_ERROR_S if result in _SHORT_ERRORS else LONG_ERROR_S


@dataclass(frozen=True, slots=True)
class Mapping:
    """The body of MAP, RFC 6887 §11.1.

    `protocol` is an IP protocol number, 0 for all. `external` is a wish in a request (an unspecified address: none)
    and what was assigned in a response.
    """

    nonce: bytes
    protocol: int
    internal_port: int
    external_port: int
    external: IPAddress


@dataclass(frozen=True, slots=True)
class Peer:
    """The body of PEER, RFC 6887 §12.1: a mapping and who it talks to."""

    mapping: Mapping
    remote_port: int
    remote: IPAddress


@dataclass(frozen=True, slots=True)
class OtherBody:
    """What follows the header of an opcode that we do not know, or of a refusal that is cut short: as it came."""

    data: bytes


Body: TypeAlias = Mapping | Peer | OtherBody | None
"""None belongs to ANNOUNCE."""


@dataclass(frozen=True, slots=True)
class Request:
    """A client's message; `client` is the address that it thinks it has. `lifetime_s` 0 of a MAP deletes."""

    opcode: int
    lifetime_s: int
    client: IPAddress
    body: Body = None
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class Response:
    """A server's message. `lifetime_s` of an error says how long to leave the server alone; `version` is 2 or lower."""

    opcode: int
    result: int
    lifetime_s: int
    epoch_s: int
    body: Body = None
    options: tuple[Option, ...] = ()


class BadRequest(RemoteError):
    """A request that a server answers by an error, whose code is `result`."""

    def __init__(self, result: Result, why: RemoteError) -> None:
        super().__init__(why.message, offset=why.offset, field=why.field)
        self.result = result


def encode_request(request: Request) -> bytes:
    """A client's message. Raises `LocalError`: more than 1,100 bytes, a number that does not fit, a wrong body."""
    out = Writer(MAX_BYTES).u8(VERSION, "version").u8(_plain(request.opcode), "opcode").u16(0, "reserved")
    out.u32(request.lifetime_s, "lifetime")
    put_address(out, request.client, "client address")
    _put_body(out, request.opcode, request.body)
    return put_options(out, request.options).finish()


def decode_request(data: bytes) -> Request:
    """Read a client's message.

    Raises `BadRequest` where RFC 6887 §8.2 wants an error as the answer, and any other `RemoteError` where it wants
    silence (fewer than 2 bytes, or a response).
    """
    reader = Reader(data)
    version, opcode = reader.u8("version"), reader.u8("opcode")
    if opcode & RESPONSE:
        raise RemoteError("a response where a request is wanted", offset=1, field="opcode")
    if version != VERSION:
        raise BadRequest(Result.UNSUPP_VERSION, RemoteError(f"version {version}, not 2", field="version"))
    try:
        _check_length(data)
        reader.skip(2, "reserved")
        lifetime, client = reader.u32("lifetime"), take_address(reader, "client address")
        if opcode not in _OPCODES:
            return Request(opcode, lifetime, client, OtherBody(reader.rest()))
        body = _take_body(reader, opcode)
    except RemoteError as error:
        raise BadRequest(Result.MALFORMED_REQUEST, error) from error
    try:
        return Request(opcode, lifetime, client, body, take_options(reader))
    except RemoteError as error:
        raise BadRequest(Result.MALFORMED_OPTION, error) from error


def encode_response(response: Response) -> bytes:
    """A server's message. Raises `LocalError`."""
    out = Writer(MAX_BYTES)
    _put_response_header(out, response.opcode, response.result, response.lifetime_s, response.epoch_s)
    _put_body(out, response.opcode, response.body)
    return put_options(out, response.options).finish()


def decode_response(data: bytes) -> Response:
    """Read a server's message, of an error as much as came of it.

    Raises `RemoteError`: another version than 2 (a NAT-PMP server answers version 0, see `nat_pmp`), a request, a
    wrong length, or a success whose body is not whole.
    """
    reader = Reader(data)
    version, opcode = reader.u8("version"), reader.u8("opcode")
    if version != VERSION:
        raise RemoteError(f"version {version}, PCP has 2", offset=0, field="version")
    if not opcode & RESPONSE:
        raise RemoteError("a request where a response is wanted", offset=1, field="opcode")
    _check_length(data)
    reader.skip(1, "reserved")
    result, lifetime, epoch = reader.u8("result"), reader.u32("lifetime"), reader.u32("epoch")
    reader.skip(12, "reserved")
    opcode &= ~RESPONSE
    head = opcode, result, lifetime, epoch
    start = reader.offset
    if opcode not in _OPCODES:
        return Response(*head, OtherBody(reader.rest()))
    try:
        return Response(*head, _take_body(reader, opcode), take_options(reader))
    except RemoteError:
        if result == Result.SUCCESS:
            raise
        rest = bytes(data[start:])
        return Response(*head, OtherBody(rest) if rest else None)


def encode_refusal(request: bytes, result: Result, lifetime_s: int, epoch_s: int) -> bytes:
    """An error that gives a request back as it came, also a malformed one (RFC 6887 §8.2).

    Cut to 1,100 bytes and filled up to a multiple of 4; for a version that the server does not know the header alone.
    """
    out = Writer(MAX_BYTES)
    opcode = request[1] & ~RESPONSE if len(request) > 1 else 0
    if result is Result.UNSUPP_VERSION:
        _put_response_header(out, opcode, result, lifetime_s, epoch_s)
        return out.finish()
    _put_response_header(out, opcode, result, lifetime_s, epoch_s)
    return out.put(request[HEADER_BYTES:MAX_BYTES], "request").pad(4).finish()


def _put_response_header(out: Writer, opcode: int, result: int, lifetime_s: int, epoch_s: int) -> None:
    out.u8(VERSION, "version").u8(_plain(opcode) | RESPONSE, "opcode").u8(0, "reserved").u8(result, "result")
    out.u32(lifetime_s, "lifetime").u32(epoch_s, "epoch").put(bytes(12), "reserved")


def _check_length(data: bytes) -> None:
    if len(data) > MAX_BYTES or len(data) % 4 or len(data) < HEADER_BYTES:
        raise RemoteError(f"a PCP message of {len(data)} bytes", offset=len(data), field="length")


def _plain(opcode: int) -> int:
    if not 0 <= opcode < RESPONSE:
        raise LocalError(f"an opcode of {opcode}, PCP has 0 to 127")
    return opcode


def _put_body(out: Writer, opcode: int, body: Body) -> None:
    if isinstance(body, OtherBody):
        if len(body.data) % 4:
            raise LocalError("a body is a multiple of 4 bytes")
        out.put(body.data, "body")
        return
    if _OPCODES.get(opcode, OtherBody) is not type(body):
        raise LocalError(f"a body of {type(body).__name__} does not belong to opcode {opcode}")
    mapping = body.mapping if isinstance(body, Peer) else body
    if mapping is None:
        return
    out.put(mapping.nonce, "nonce", length=NONCE_BYTES).u8(mapping.protocol, "protocol").put(bytes(3), "reserved")
    out.u16(mapping.internal_port, "internal port").u16(mapping.external_port, "external port")
    put_address(out, mapping.external, "external address")
    if isinstance(body, Peer):
        out.u16(body.remote_port, "remote port").u16(0, "reserved")
        put_address(out, body.remote, "remote address")


def _take_body(reader: Reader, opcode: int) -> Body:
    if opcode == Opcode.ANNOUNCE:
        return None
    nonce, protocol = reader.take(NONCE_BYTES, "nonce"), reader.u8("protocol")
    reader.skip(3, "reserved")
    internal, external = reader.u16("internal port"), reader.u16("external port")
    mapping = Mapping(nonce, protocol, internal, external, take_address(reader, "external address"))
    if opcode == Opcode.MAP:
        return mapping
    port = reader.u16("remote port")
    reader.skip(2, "reserved")
    return Peer(mapping, port, take_address(reader, "remote address"))


_OPCODES: dict[int, type] = {Opcode.ANNOUNCE: type(None), Opcode.MAP: Mapping, Opcode.PEER: Peer}
