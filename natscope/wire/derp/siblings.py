"""What the processes of one relay tell each other over a private socket: frames in DERP's layout, types of our own.

| type | news | payload |
|---|---|---|
| 0x0a | a packet for a client of the other process | as DERP's ForwardPacket: source, destination, packet |
| 0x70 | `Arrived`: a client was let in | its number, then as DERP's PeerPresent |
| 0x71 | `Left`: a connection ended | its number |
| 0x72 | `Spoke`: of several connections of a key this one is active now | its number |
| 0x73 | `CloseKey`: a mesh peer wants the connections of a key closed | the key |

Numbers have eight bytes and are the sender's. Nothing here leaves the computer; both ends are the same version.
"""

from __future__ import annotations

import enum
import struct
from dataclasses import dataclass
from typing import TypeAlias

from natscope.errors import RemoteError
from natscope.wire.derp.frames import HEADER, FrameType, PeerPresent
from natscope.wire.derp.parsing import decode
from natscope.wire.keys import KEY_BYTES

_NUMBER = struct.Struct("!Q")
MAX_NEWS_BYTES = 256
"""The longest of these but a packet."""


class NewsType(enum.IntEnum):
    """The first byte, beyond those of DERP."""

    ARRIVED = 0x70
    LEFT = 0x71
    SPOKE = 0x72
    CLOSE_KEY = 0x73


@dataclass(frozen=True, slots=True)
class Arrived:
    """A client was let in; `number` names this connection from now on."""

    number: int
    present: PeerPresent


@dataclass(frozen=True, slots=True)
class Left:
    """That connection is gone."""

    number: int


@dataclass(frozen=True, slots=True)
class Spoke:
    """That connection is the active one of its key."""

    number: int


@dataclass(frozen=True, slots=True)
class CloseKey:
    """Close all connections of that key."""

    key: bytes


News: TypeAlias = Arrived | Left | Spoke | CloseKey


def encode_news(news: News) -> bytes:
    """Header and payload."""
    if isinstance(news, Arrived):
        return _framed(NewsType.ARRIVED, _NUMBER.pack(news.number) + news.present.payload())
    if isinstance(news, CloseKey):
        return _framed(NewsType.CLOSE_KEY, news.key)
    return _framed(NewsType.LEFT if isinstance(news, Left) else NewsType.SPOKE, _NUMBER.pack(news.number))


def decode_news(kind: int, payload: bytes) -> News:
    """One of them. Raises `RemoteError` for another type or length."""
    if kind == NewsType.CLOSE_KEY:
        if len(payload) != KEY_BYTES:
            raise RemoteError(f"a CloseKey of {len(payload)} bytes", field="length")
        return CloseKey(payload)
    if len(payload) < _NUMBER.size:
        raise RemoteError(f"news of type {kind} with {len(payload)} bytes", field="length")
    [number] = _NUMBER.unpack_from(payload)
    if kind == NewsType.ARRIVED:
        present = decode(FrameType.PEER_PRESENT, payload[_NUMBER.size :])
        assert isinstance(present, PeerPresent)
        return Arrived(number, present)
    if kind not in (NewsType.LEFT, NewsType.SPOKE) or len(payload) != _NUMBER.size:
        raise RemoteError(f"news of type {kind} with {len(payload)} bytes", field="type")
    return Left(number) if kind == NewsType.LEFT else Spoke(number)


def _framed(kind: NewsType, payload: bytes) -> bytes:
    return HEADER.pack(kind, len(payload)) + payload
