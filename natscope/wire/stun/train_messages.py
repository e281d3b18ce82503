"""HELPER's steps for trains: does a paced row of packets arrive, there and back, and from which rate on no longer.

- `BookTrain` → `TrainGrant`: how many packets of which rate the server is willing to count for this address, and a
  ticket; no packets is a refusal;
- `TrainPacket`, in Binding indications, → `TrainEcho` of the same length: one for each packet that arrived;
- `CountTrain` → `TrainTally`: which packets arrived. The request is as long as its longest answer.

Bookings and counts stand in Binding requests, their answers in Binding successes. A server that knows no trains gives
the plain answer. docs/helper.md
"""

from __future__ import annotations

import enum
import struct
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TypeAlias

from natscope.errors import LocalError, RemoteError
from natscope.wire.stun.helper_messages import TOKEN_BYTES

TICKET_BYTES = 8
MAX_PACKETS = 512
"""Of one train: as many bits tell which of them arrived."""
COUNT_BYTES = 80
"""A count's value: in its answer the mapped address (IPv6) is 12 bytes longer than SOFTWARE, FINGERPRINT is missing."""
_HEAD_BYTES = 4
_BOOKING, _GRANT, _TALLY = struct.Struct("!HH"), struct.Struct("!HH8s"), struct.Struct("!I")


class TrainStep(enum.IntEnum):
    """The first byte."""

    BOOK = 6
    GRANT = 7
    PACKET = 8
    ECHO = 9
    COUNT = 10
    TALLY = 11


TRAIN_STEPS = frozenset(TrainStep)


@dataclass(frozen=True, slots=True)
class BookTrain:
    """May I send that train? `rate` in packets a second; `length` of each packet's STUN message in bytes."""

    number: int
    token: bytes
    packets: int
    rate: int
    length: int


@dataclass(frozen=True, slots=True)
class TrainGrant:
    """What is counted: fewer packets and a lower rate than booked are possible. No packets: not now.

    `retry_s` goes with a refusal: when to ask again, 0 for never.
    """

    number: int
    packets: int
    rate: int
    retry_s: int = 0
    ticket: bytes = bytes(TICKET_BYTES)


@dataclass(frozen=True, slots=True)
class TrainPacket:
    """One of them; `length` bytes of filler follow."""

    number: int
    sequence: int
    ticket: bytes
    filler: int = 0


@dataclass(frozen=True, slots=True)
class TrainEcho:
    """It arrived; as long as what it answers."""

    number: int
    sequence: int
    ticket: bytes
    filler: int = 0


@dataclass(frozen=True, slots=True)
class CountTrain:
    """Which packets arrived?"""

    number: int
    ticket: bytes


@dataclass(frozen=True, slots=True)
class TrainTally:
    """The sequence numbers that arrived, and the time from the first to the last of them in microseconds."""

    number: int
    span_us: int
    arrived: frozenset[int]


TrainMessage: TypeAlias = BookTrain | TrainGrant | TrainPacket | TrainEcho | CountTrain | TrainTally


def is_train(value: bytes) -> bool:
    """Whether a HELPER value is one of these steps."""
    return bool(value) and value[0] in TRAIN_STEPS


def encode_train(message: TrainMessage) -> bytes:
    """The attribute's value. Raises `LocalError` for what does not fit."""
    try:
        return _encode(message)
    except struct.error as error:
        raise LocalError("a number of a train is out of its range") from error


def _encode(message: TrainMessage) -> bytes:
    match message:
        case BookTrain(number, token, packets, rate, length):
            return _head(TrainStep.BOOK, number, packets) + _sized(token, TOKEN_BYTES) + _BOOKING.pack(rate, length)
        case TrainGrant(number, packets, rate, retry_s, ticket):
            return _head(TrainStep.GRANT, number, packets) + _GRANT.pack(rate, retry_s, _sized(ticket, TICKET_BYTES))
        case TrainPacket(number, sequence, ticket, filler):
            return _head(TrainStep.PACKET, number, sequence) + _sized(ticket, TICKET_BYTES) + bytes(filler)
        case TrainEcho(number, sequence, ticket, filler):
            return _head(TrainStep.ECHO, number, sequence) + _sized(ticket, TICKET_BYTES) + bytes(filler)
        case CountTrain(number, ticket):
            rest = COUNT_BYTES - _HEAD_BYTES - TICKET_BYTES
            return _head(TrainStep.COUNT, number) + _sized(ticket, TICKET_BYTES) + bytes(rest)
        case TrainTally(number, span_us, arrived):
            return _head(TrainStep.TALLY, number, len(arrived)) + _TALLY.pack(span_us) + _bits(arrived)


def decode_train(value: bytes) -> TrainMessage:
    """Reads the attribute's value. Raises `RemoteError`."""
    if len(value) < _HEAD_BYTES:
        raise RemoteError(f"HELPER has {len(value)} bytes", field="HELPER")
    step, small, port = struct.unpack_from("!BBH", value)
    reader = _READERS.get(step)
    if reader is None:
        raise RemoteError(f"HELPER has step {step}", field="HELPER")
    return reader(small, port, value[_HEAD_BYTES:])


def _head(step: TrainStep, small: int, port: int = 0) -> bytes:
    return struct.pack("!BBH", step, small, port)


def _sized(data: bytes, length: int) -> bytes:
    if len(data) != length:
        raise LocalError(f"a token or ticket has {length} bytes, not {len(data)}")
    return data


def _bits(numbers: Collection[int]) -> bytes:
    """Number 0 is the highest bit of the first byte; as many bytes as the highest number needs."""
    if any(not 0 <= number < MAX_PACKETS for number in numbers):
        raise LocalError(f"a train has at most {MAX_PACKETS} packets")
    bits = bytearray(max(numbers, default=-1) // 8 + 1)
    for number in numbers:
        bits[number // 8] |= 0x80 >> number % 8
    return bytes(bits)


def _needs(body: bytes, length: int) -> None:
    if len(body) < length:
        raise RemoteError(f"HELPER is cut: {len(body)} bytes of {length}", field="HELPER")


def _read_booking(small: int, port: int, body: bytes) -> BookTrain:
    _needs(body, TOKEN_BYTES + _BOOKING.size)
    rate, length = _BOOKING.unpack_from(body, TOKEN_BYTES)
    return BookTrain(small, body[:TOKEN_BYTES], port, rate, length)


def _read_grant(small: int, port: int, body: bytes) -> TrainGrant:
    _needs(body, _GRANT.size)
    rate, retry_s, ticket = _GRANT.unpack_from(body)
    if port > MAX_PACKETS:
        raise RemoteError(f"HELPER grants {port} packets", field="HELPER", offset=2)
    return TrainGrant(small, port, rate, retry_s, ticket)


def _read_packet(small: int, port: int, body: bytes) -> TrainPacket:
    _needs(body, TICKET_BYTES)
    return TrainPacket(small, port, body[:TICKET_BYTES], len(body) - TICKET_BYTES)


def _read_echo(small: int, port: int, body: bytes) -> TrainEcho:
    _needs(body, TICKET_BYTES)
    return TrainEcho(small, port, body[:TICKET_BYTES], len(body) - TICKET_BYTES)


def _read_count(small: int, _port: int, body: bytes) -> CountTrain:
    if len(body) + _HEAD_BYTES < COUNT_BYTES:
        raise RemoteError("a count that is shorter than its answer", field="HELPER")
    return CountTrain(small, body[:TICKET_BYTES])


def _read_tally(small: int, port: int, body: bytes) -> TrainTally:
    _needs(body, _TALLY.size)
    bits = body[_TALLY.size :]
    if len(bits) > MAX_PACKETS // 8:
        raise RemoteError(f"HELPER tells of {8 * len(bits)} packets", field="HELPER")
    arrived = frozenset(n for n in range(8 * len(bits)) if bits[n // 8] & 0x80 >> n % 8)
    if len(arrived) != port:
        raise RemoteError(f"HELPER tells of {len(arrived)} packets and says {port}", field="HELPER", offset=2)
    return TrainTally(small, _TALLY.unpack_from(body)[0], arrived)


_READERS: dict[int, Callable[[int, int, bytes], TrainMessage]] = {
    TrainStep.BOOK: _read_booking,
    TrainStep.GRANT: _read_grant,
    TrainStep.PACKET: _read_packet,
    TrainStep.ECHO: _read_echo,
    TrainStep.COUNT: _read_count,
    TrainStep.TALLY: _read_tally,
}
