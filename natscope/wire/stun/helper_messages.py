"""HELPER, our own STUN attribute: a server sends one packet to its asker from where the asker has never sent to.

The value's first byte says which step it is. Between a client and the server, in Binding requests and successes:

- `Ask` (48 bytes, padded so that no answer is larger than its request) → `Offer`: a token that proves the asker's
  address, the other port of the same address, and another address with its ports;
- `Order` → one Binding success with the order's transaction id from the other port or the other address;
- `Count` → `Tally`: what became of up to 8 orders, because a lost packet must not look like a filtered one;
- `AskMarks` → `TellMarks`: with which type of service or traffic class (DSCP and ECN) the request came.

Between two servers with one secret, in Binding indications with MESSAGE-INTEGRITY-SHA256: `Hello` → `Nonce`,
`Forward` → `Done`. Servers that do not know the attribute answer as always. The whole of it: docs/helper.md.
"""

from __future__ import annotations

import enum
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from natscope.errors import LocalError, RemoteError
from natscope.model.endpoint import Endpoint
from natscope.wire.stun.attributes import decode_address, encode_address

TOKEN_BYTES = 16
ASK_BYTES = 48
"""The largest offer (IPv6) is 42 bytes, in an answer whose XOR-MAPPED-ADDRESS is 12 longer than SOFTWARE is not."""
MAX_COUNTED = 8
ORDER_ID_BYTES = 4
"""So much of an order's transaction id names it."""
MARKS_BYTES = 24
"""An answer with an IPv6 address is 12 bytes longer than a request without SOFTWARE; this leaves room."""
_HEAD_BYTES = 4


class Step(enum.IntEnum):
    """The first byte."""

    ASK = 1
    OFFER = 2
    ORDER = 3
    COUNT = 4
    TALLY = 5
    ASK_MARKS = 12
    TELL_MARKS = 13
    HELLO = 16
    NONCE = 17
    FORWARD = 18
    DONE = 19


class Way(enum.IntEnum):
    """Where an ordered packet comes from, seen from the server that was asked."""

    OTHER_PORT = 1
    OTHER_ADDRESS = 2


class Fate(enum.IntEnum):
    """What became of an order. Only `SENT` makes its silence mean anything."""

    UNKNOWN = 0
    """It never came, or was forgotten."""
    SENT = 1
    WAITING = 2
    """The other server has not confirmed."""
    LIMITED = 3
    REFUSED = 4
    """Wrong token or port, or nobody there to send."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What do you offer?"""


@dataclass(frozen=True, slots=True)
class Offer:
    """`token` proves our address to this server for 30 s. Places that are not there are 0 and None.

    `other_port` is on the address that was asked. `other` is another address at the port that a packet by
    `Way.OTHER_ADDRESS` comes from (0: not known yet), and `other_main_port` that server's first port. Both answer
    plain requests; but who writes to them has opened his filter to them.
    """

    token: bytes
    other_port: int = 0
    other: Endpoint | None = None
    other_main_port: int = 0


@dataclass(frozen=True, slots=True)
class Order:
    """Send me one packet. `port` 0: to the port that the order came from, else to that port of the same address."""

    way: Way
    token: bytes
    port: int = 0


@dataclass(frozen=True, slots=True)
class Count:
    """What became of my orders? `orders` are the first 4 bytes of their transaction ids, at most 8."""

    token: bytes
    orders: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Tally:
    """One fate per order that was asked about."""

    fates: tuple[Fate, ...]


@dataclass(frozen=True, slots=True)
class AskMarks:
    """How was this request marked when it came?"""


@dataclass(frozen=True, slots=True)
class TellMarks:
    """Its type of service (RFC 791) or traffic class: DSCP in the upper six bits, ECN in the lower two."""

    tos: int


@dataclass(frozen=True, slots=True)
class Hello:
    """One server wants the other's nonce."""


@dataclass(frozen=True, slots=True)
class Nonce:
    """Proves the address of the server that said hello; `other_port` is where ordered packets will come from."""

    nonce: bytes
    other_port: int


@dataclass(frozen=True, slots=True)
class Forward:
    """Send one packet to `target`, with this message's transaction id."""

    nonce: bytes
    target: Endpoint


@dataclass(frozen=True, slots=True)
class Done:
    """What became of it."""

    fate: Fate


HelperMessage: TypeAlias = Ask | Offer | Order | Count | Tally | AskMarks | TellMarks | Hello | Nonce | Forward | Done


def encode_helper(message: HelperMessage) -> bytes:
    """The attribute's value. Raises `LocalError` for what does not fit."""
    match message:
        case Ask():
            return _head(Step.ASK) + bytes(ASK_BYTES - _HEAD_BYTES)
        case Offer(token, other_port, other, main_port):
            place = b"" if other is None else struct.pack("!H", main_port) + encode_address(other)
            return _head(Step.OFFER, 0, other_port) + _token(token) + place
        case Order(way, token, port):
            return _head(Step.ORDER, way, port) + _token(token)
        case Count(token, orders):
            if not 1 <= len(orders) <= MAX_COUNTED or any(len(order) != ORDER_ID_BYTES for order in orders):
                raise LocalError("a count names 1 to 8 orders by 4 bytes each")
            return _head(Step.COUNT, len(orders)) + _token(token) + b"".join(orders)
        case Tally(fates):
            return _head(Step.TALLY, len(fates)) + bytes(fates)
        case AskMarks():
            return _head(Step.ASK_MARKS) + bytes(MARKS_BYTES - _HEAD_BYTES)
        case TellMarks(tos):
            return _head(Step.TELL_MARKS, tos)
        case Hello():
            return _head(Step.HELLO) + bytes(TOKEN_BYTES)
        case Nonce(nonce, other_port):
            return _head(Step.NONCE, 0, other_port) + _token(nonce)
        case Forward(nonce, target):
            return _head(Step.FORWARD) + _token(nonce) + encode_address(target)
        case Done(fate):
            return _head(Step.DONE, fate)


def decode_helper(value: bytes) -> HelperMessage:
    """Reads the attribute's value. Raises `RemoteError`."""
    if len(value) < _HEAD_BYTES:
        raise RemoteError(f"HELPER has {len(value)} bytes", field="HELPER")
    step, small, port = struct.unpack_from("!BBH", value)
    reader = _READERS.get(step)
    if reader is None:
        raise RemoteError(f"HELPER has step {step}", field="HELPER")
    return reader(small, port, value[_HEAD_BYTES:])


def _head(step: Step, small: int = 0, port: int = 0) -> bytes:
    try:
        return struct.pack("!BBH", step, small, port)
    except struct.error as error:
        raise LocalError(f"{port} is no port") from error


def _token(token: bytes) -> bytes:
    if len(token) != TOKEN_BYTES:
        raise LocalError(f"a token has {TOKEN_BYTES} bytes, not {len(token)}")
    return token


def _take_token(body: bytes) -> bytes:
    if len(body) < TOKEN_BYTES:
        raise RemoteError(f"HELPER is cut in its token: {len(body)} bytes", field="HELPER")
    return body[:TOKEN_BYTES]


def _read_ask(_small: int, _port: int, body: bytes) -> Ask:
    if len(body) + _HEAD_BYTES < ASK_BYTES:
        raise RemoteError("an ask that is shorter than its answer", field="HELPER")
    return Ask()


def _read_offer(_small: int, port: int, body: bytes) -> Offer:
    token, place = _take_token(body), body[TOKEN_BYTES:]
    if not place:
        return Offer(token, port)
    if len(place) < 2:
        raise RemoteError("HELPER is cut in its address", field="HELPER")
    return Offer(token, port, decode_address(place[2:], "HELPER"), int.from_bytes(place[:2], "big"))


def _read_order(small: int, port: int, body: bytes) -> Order:
    if small not in tuple(Way):
        raise RemoteError(f"HELPER has way {small}", field="HELPER", offset=1)
    return Order(Way(small), _take_token(body), port)


def _read_count(small: int, _port: int, body: bytes) -> Count:
    token, rest = _take_token(body), body[TOKEN_BYTES:]
    if not 1 <= small <= MAX_COUNTED or len(rest) < small * ORDER_ID_BYTES:
        raise RemoteError(f"HELPER counts {small} orders in {len(rest)} bytes", field="HELPER", offset=1)
    return Count(token, tuple(rest[at : at + ORDER_ID_BYTES] for at in range(0, small * ORDER_ID_BYTES, 4)))


def _read_tally(small: int, _port: int, body: bytes) -> Tally:
    if not 1 <= small <= MAX_COUNTED or len(body) < small:
        raise RemoteError(f"HELPER tells {small} fates in {len(body)} bytes", field="HELPER", offset=1)
    return Tally(tuple(map(_fate, body[:small])))


def _read_ask_marks(_small: int, _port: int, body: bytes) -> AskMarks:
    if len(body) + _HEAD_BYTES < MARKS_BYTES:
        raise RemoteError("an ask for marks that is shorter than its answer", field="HELPER")
    return AskMarks()


def _read_forward(_small: int, _port: int, body: bytes) -> Forward:
    return Forward(_take_token(body), decode_address(body[TOKEN_BYTES:], "HELPER"))


def _fate(number: int) -> Fate:
    """A number from a later version is `UNKNOWN`."""
    return Fate(number) if number in tuple(Fate) else Fate.UNKNOWN


_READERS: dict[int, Callable[[int, int, bytes], HelperMessage]] = {
    Step.ASK: _read_ask,
    Step.OFFER: _read_offer,
    Step.ORDER: _read_order,
    Step.COUNT: _read_count,
    Step.TALLY: _read_tally,
    Step.ASK_MARKS: _read_ask_marks,
    Step.TELL_MARKS: lambda small, _port, _body: TellMarks(small),
    Step.HELLO: lambda _small, _port, _body: Hello(),
    Step.NONCE: lambda _small, port, body: Nonce(_take_token(body), port),
    Step.FORWARD: _read_forward,
    Step.DONE: lambda small, _port, _body: Done(_fate(small)),
}
