"""NAT-PMP: every message of both directions. Network byte order, UDP, IPv4 only.

A client sends `AddressRequest` and `MapRequest` to port 5351 of its gateway; answers come from there, and a change of
the outside address is announced as an `AddressResponse` to 224.0.0.1:5350. Source: RFC 6886 §3. Lengths are exact, as
upstream wants them (net/portmapper/portmapper.go), but for answers that only carry an error: those may have 8 bytes.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import TypeAlias

from natscope.errors import LocalError, RemoteError
from natscope.wire.cursor import Reader, Writer

VERSION = 0
SERVER_PORT, CLIENT_PORT = 5351, 5350
ANNOUNCE_GROUP = IPv4Address("224.0.0.1")
RECOMMENDED_LIFETIME_S = 7200
ANSWER = 0x80
ERROR_BYTES = 8
_LENGTHS = {0: 12, 1: 16, 2: 16}


class Opcode(enum.IntEnum):
    """What is asked; answers have `ANSWER` added."""

    EXTERNAL_ADDRESS = 0
    MAP_UDP = 1
    MAP_TCP = 2


class Result(enum.IntEnum):
    """Result codes, RFC 6886 §3.5."""

    SUCCESS = 0
    UNSUPPORTED_VERSION = 1
    NOT_AUTHORIZED = 2
    """Refused: the service is there, and its owner has switched it off."""
    NETWORK_FAILURE = 3
    """The router itself has no outside address."""
    OUT_OF_RESOURCES = 4
    UNSUPPORTED_OPCODE = 5


WORDS = {
    Result.SUCCESS: "success",
    Result.UNSUPPORTED_VERSION: "unsupported version",
    Result.NOT_AUTHORIZED: "not authorized, or refused",
    Result.NETWORK_FAILURE: "network failure",
    Result.OUT_OF_RESOURCES: "out of resources",
    Result.UNSUPPORTED_OPCODE: "unsupported opcode",
}


def result_words(code: int) -> str:
    """A result code in words; codes that nobody has assigned as `result 99`."""
    known = _RESULTS.get(code)
    return WORDS[known] if known is not None else f"result {code}"


_RESULTS = {int(result): result for result in Result}


@dataclass(frozen=True, slots=True)
class AddressRequest:
    """What is the outside address? 2 bytes."""


@dataclass(frozen=True, slots=True)
class MapRequest:
    """Open a port, renew, or (`lifetime_s` 0) close it; with `internal_port` 0 too, all of the sender's. 12 bytes.

    `opcode` is `MAP_UDP` or `MAP_TCP`; `external_port` is a wish, 0 for none.
    """

    opcode: Opcode
    internal_port: int
    external_port: int
    lifetime_s: int


@dataclass(frozen=True, slots=True)
class UnknownRequest:
    """Version 0, and an opcode that no RFC defines: a server answers `UNSUPPORTED_OPCODE`."""

    opcode: int


@dataclass(frozen=True, slots=True)
class AddressResponse:
    """`epoch_s` are seconds since the router's table began; `external` says nothing unless `result` is 0. 12 bytes."""

    result: int
    epoch_s: int
    external: IPv4Address


@dataclass(frozen=True, slots=True)
class MapResponse:
    """What was opened: nothing unless `result` is 0. 16 bytes."""

    opcode: Opcode
    result: int
    epoch_s: int
    internal_port: int
    external_port: int
    lifetime_s: int


@dataclass(frozen=True, slots=True)
class ErrorResponse:
    """A refusal of 8 bytes, as for a version or an opcode that the server does not know. `opcode` is the request's."""

    opcode: int
    result: int
    epoch_s: int


Request: TypeAlias = AddressRequest | MapRequest | UnknownRequest
Response: TypeAlias = AddressResponse | MapResponse | ErrorResponse


def encode_request(request: AddressRequest | MapRequest) -> bytes:
    """A client's message. Raises `LocalError` for a number that does not fit."""
    if isinstance(request, AddressRequest):
        return bytes((VERSION, Opcode.EXTERNAL_ADDRESS))
    out = Writer().u8(VERSION, "version").u8(_mapping(request.opcode), "opcode").u16(0, "reserved")
    out.u16(request.internal_port, "internal port").u16(request.external_port, "external port")
    return out.u32(request.lifetime_s, "lifetime").finish()


def decode_request(data: bytes) -> Request:
    """Read a client's message.

    Raises `RemoteError`: not version 0 (then a server answers `UNSUPPORTED_VERSION`: see `version_of`), an answer, or
    a wrong length.
    """
    reader = Reader(data)
    _insist_version(reader)
    opcode = reader.u8("opcode")
    if opcode & ANSWER:
        raise RemoteError("an answer where a request is wanted", offset=1, field="opcode")
    if opcode not in _LENGTHS:
        return UnknownRequest(opcode)
    if opcode == Opcode.EXTERNAL_ADDRESS:
        reader.finish("address request")
        return AddressRequest()
    reader.skip(2, "reserved")
    internal, external = reader.u16("internal port"), reader.u16("external port")
    request = MapRequest(Opcode(opcode), internal, external, reader.u32("lifetime"))
    reader.finish("map request")
    return request


def encode_response(response: Response) -> bytes:
    """A server's message. Raises `LocalError` for a number that does not fit."""
    if isinstance(response, AddressResponse):
        head = _response_head(Opcode.EXTERNAL_ADDRESS, response.result, response.epoch_s)
        return head.put(response.external.packed, "external address").finish()
    head = _response_head(response.opcode, response.result, response.epoch_s)
    if isinstance(response, ErrorResponse):
        return head.finish()
    _mapping(response.opcode)
    head.u16(response.internal_port, "internal port").u16(response.external_port, "external port")
    return head.u32(response.lifetime_s, "lifetime").finish()


def decode_response(data: bytes) -> Response:
    """Read a server's message; raises `RemoteError`: not version 0, a request, an unknown opcode, a wrong length."""
    reader = Reader(data)
    _insist_version(reader)
    opcode = reader.u8("opcode")
    if not opcode & ANSWER:
        raise RemoteError("a request where an answer is wanted", offset=1, field="opcode")
    opcode &= ~ANSWER
    result, epoch = reader.u16("result"), reader.u32("epoch")
    if not reader.remaining and result:
        return ErrorResponse(opcode, result, epoch)
    if opcode not in _LENGTHS:
        raise RemoteError(f"an answer to opcode {opcode}", offset=1, field="opcode")
    if opcode == Opcode.EXTERNAL_ADDRESS:
        address = AddressResponse(result, epoch, IPv4Address(reader.take(4, "external address")))
        reader.finish("address response")
        return address
    internal, external = reader.u16("internal port"), reader.u16("external port")
    response = MapResponse(Opcode(opcode), result, epoch, internal, external, reader.u32("lifetime"))
    reader.finish("map response")
    return response


def version_of(data: bytes) -> int | None:
    """The first byte: 0 is NAT-PMP, 2 is PCP, on the same port. None for an empty datagram."""
    return data[0] if data else None


def _response_head(opcode: int, result: int, epoch_s: int) -> Writer:
    head = Writer().u8(VERSION, "version").u8(opcode | ANSWER, "opcode")
    return head.u16(result, "result").u32(epoch_s, "epoch")


def _mapping(opcode: Opcode) -> Opcode:
    if opcode is Opcode.EXTERNAL_ADDRESS:
        raise LocalError("a mapping is for UDP or TCP")
    return opcode


def _insist_version(reader: Reader) -> None:
    version = reader.u8("version")
    if version != VERSION:
        raise RemoteError(f"version {version}, NAT-PMP has 0", offset=0, field="version")
