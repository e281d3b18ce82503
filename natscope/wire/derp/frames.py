"""DERP frames: one byte of type, four of length, the payload. Source: upstream derp/derp.go (protocol version 2).

| type | frame | direction |
|---|---|---|
| 0x01 | `ServerKey` | server's first |
| 0x02, 0x03 | ClientInfo, ServerInfo: sealed, `hello.py` | the greeting |
| 0x04, 0x05 | `SendPacket`, `RecvPacket` | to the server, to the client |
| 0x06 | `KeepAlive` | to the client |
| 0x07 | `NotePreferred` | to the server |
| 0x08, 0x09 | `PeerGone`, `PeerPresent` | to the client, to mesh peers |
| 0x0a, 0x10, 0x11 | `ForwardPacket`, `WatchConns`, `ClosePeer` | from mesh peers |
| 0x12, 0x13 | `Ping`, `Pong` | both |
| 0x14, 0x15 | `Health`, `Restarting` | to the client |

Types that are not in the table are `Unknown` and skipped by both sides. Readers take payloads that are longer than ours
where upstream does (ServerKey, PeerPresent, Ping), and insist on the length where upstream closes the connection.
This is the typed form; the relay's hot path (`machines/derp`) cuts the same layout out of whole reads.
"""

from __future__ import annotations

import enum
import ipaddress
import struct
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from natscope.model.endpoint import Endpoint
from natscope.wire.cursor import Writer

MAGIC = b"DERP\xf0\x9f\x94\x91"
PROTOCOL_VERSION = 2
HEADER = struct.Struct("!BI")
HEADER_BYTES = HEADER.size
MAX_PACKET_BYTES = 64 * 1024
"""What may be carried for a peer."""
MAX_FRAME_BYTES = 1 << 20
"""The longest payload that a client reads."""
MAX_SERVER_KEY_BYTES = 1024
MAX_CLIENT_INFO_BYTES = 256 * 1024
MAX_PING_BYTES = 1000
PING_BYTES = 8
IP_BYTES = 16
_DISCO_MAGIC = b"TS\xf0\x9f\x92\xac"
_DISCO_MIN_BYTES = 62


class FrameType(enum.IntEnum):
    """The first byte."""

    SERVER_KEY = 0x01
    CLIENT_INFO = 0x02
    SERVER_INFO = 0x03
    SEND_PACKET = 0x04
    RECV_PACKET = 0x05
    KEEP_ALIVE = 0x06
    NOTE_PREFERRED = 0x07
    PEER_GONE = 0x08
    PEER_PRESENT = 0x09
    FORWARD_PACKET = 0x0A
    WATCH_CONNS = 0x10
    CLOSE_PEER = 0x11
    PING = 0x12
    PONG = 0x13
    HEALTH = 0x14
    RESTARTING = 0x15


class GoneReason(enum.IntEnum):
    """Why a peer cannot be reached here; numbers beyond these are kept as they are."""

    DISCONNECTED = 0x00
    NOT_HERE = 0x01


class PresentFlags(enum.IntFlag):
    """What kind of client came; zero is told by servers that are too old for flags."""

    NONE = 0
    REGULAR = 1
    MESH_PEER = 2
    PROBER = 4
    NOT_IDEAL = 8


@dataclass(frozen=True, slots=True)
class ServerKey:
    """The server's public key, its first frame."""

    TYPE: ClassVar = FrameType.SERVER_KEY
    key: bytes

    def payload(self) -> bytes:
        """Magic and key."""
        return MAGIC + self.key


@dataclass(frozen=True, slots=True)
class Sealed:
    """ClientInfo (with the client's public key) or ServerInfo (key empty), not yet opened: `hello.py` does that."""

    type: FrameType
    key: bytes
    box: bytes

    def payload(self) -> bytes:
        """Key, then nonce and box."""
        return self.key + self.box


@dataclass(frozen=True, slots=True)
class SendPacket:
    """A packet for the peer `key`."""

    TYPE: ClassVar = FrameType.SEND_PACKET
    key: bytes
    packet: bytes

    def payload(self) -> bytes:
        """Destination and packet."""
        return self.key + self.packet


@dataclass(frozen=True, slots=True)
class RecvPacket:
    """A packet from the peer `key`."""

    TYPE: ClassVar = FrameType.RECV_PACKET
    key: bytes
    packet: bytes

    def payload(self) -> bytes:
        """Source and packet."""
        return self.key + self.packet


@dataclass(frozen=True, slots=True)
class KeepAlive:
    """Nothing, now and then; no answer is wanted."""

    TYPE: ClassVar = FrameType.KEEP_ALIVE

    def payload(self) -> bytes:
        """Empty."""
        return b""


@dataclass(frozen=True, slots=True)
class NotePreferred:
    """Whether this server is the client's home."""

    TYPE: ClassVar = FrameType.NOTE_PREFERRED
    home: bool

    def payload(self) -> bytes:
        """One byte."""
        return b"\x01" if self.home else b"\x00"


@dataclass(frozen=True, slots=True)
class PeerGone:
    """The peer `key` is not to be reached through this connection any more."""

    TYPE: ClassVar = FrameType.PEER_GONE
    key: bytes
    reason: int = GoneReason.DISCONNECTED

    def payload(self) -> bytes:
        """Key and reason."""
        return self.key + bytes((self.reason,))


@dataclass(frozen=True, slots=True)
class PeerPresent:
    """A client is on the server that tells; `address` is None when an old server does not say."""

    TYPE: ClassVar = FrameType.PEER_PRESENT
    key: bytes
    address: Endpoint | None = None
    flags: PresentFlags = PresentFlags.NONE

    def payload(self) -> bytes:
        """Key, address as 16 bytes and port, flags."""
        if self.address is None:
            return self.key
        ip = self.address.ip
        packed = ip.packed if ip.version == 6 else ipaddress.IPv6Address(b"\0" * 10 + b"\xff\xff" + ip.packed).packed
        return self.key + packed + self.address.port.to_bytes(2, "big") + bytes((self.flags,))


@dataclass(frozen=True, slots=True)
class ForwardPacket:
    """A packet from `source` for `destination`, from another relay of the region."""

    TYPE: ClassVar = FrameType.FORWARD_PACKET
    source: bytes
    destination: bytes
    packet: bytes

    def payload(self) -> bytes:
        """Both keys and the packet."""
        return self.source + self.destination + self.packet


@dataclass(frozen=True, slots=True)
class WatchConns:
    """Tell me of every client that comes and goes."""

    TYPE: ClassVar = FrameType.WATCH_CONNS

    def payload(self) -> bytes:
        """Empty."""
        return b""


@dataclass(frozen=True, slots=True)
class ClosePeer:
    """Close the connections of the client `key`."""

    TYPE: ClassVar = FrameType.CLOSE_PEER
    key: bytes

    def payload(self) -> bytes:
        """The key."""
        return self.key


@dataclass(frozen=True, slots=True)
class Ping:
    """Eight bytes that come back in a `Pong`."""

    TYPE: ClassVar = FrameType.PING
    data: bytes

    def payload(self) -> bytes:
        """As they are."""
        return self.data


@dataclass(frozen=True, slots=True)
class Pong:
    """The eight bytes of a `Ping`."""

    TYPE: ClassVar = FrameType.PONG
    data: bytes

    def payload(self) -> bytes:
        """As they are."""
        return self.data


@dataclass(frozen=True, slots=True)
class Health:
    """A problem that the server sees, in words; empty when it is over. Foreign text: clean it before drawing."""

    TYPE: ClassVar = FrameType.HEALTH
    problem: str

    def payload(self) -> bytes:
        """UTF-8."""
        return self.problem.encode()


@dataclass(frozen=True, slots=True)
class Restarting:
    """The server goes away: reconnect after so many milliseconds, and try for so many."""

    TYPE: ClassVar = FrameType.RESTARTING
    reconnect_in_ms: int
    try_for_ms: int

    def payload(self) -> bytes:
        """Two numbers of four bytes."""
        return Writer().u32(self.reconnect_in_ms, "reconnect in").u32(self.try_for_ms, "try for").finish()


@dataclass(frozen=True, slots=True)
class Unknown:
    """A type that this version does not know: skip it."""

    type: int
    data: bytes

    def payload(self) -> bytes:
        """As it is."""
        return self.data


Frame: TypeAlias = (
    ServerKey | Sealed | SendPacket | RecvPacket | KeepAlive | NotePreferred | PeerGone | PeerPresent | ForwardPacket
    | WatchConns | ClosePeer | Ping | Pong | Health | Restarting | Unknown
)  # fmt: skip


def encode(frame: Frame) -> bytes:
    """Header and payload."""
    payload = frame.payload()
    kind = frame.type if isinstance(frame, (Sealed, Unknown)) else frame.TYPE
    return HEADER.pack(kind, len(payload)) + payload


def is_disco(packet: bytes) -> bool:
    """Whether a packet looks like a disco message: long enough, and with its magic. Source: disco/disco.go."""
    return len(packet) >= _DISCO_MIN_BYTES and packet.startswith(_DISCO_MAGIC)
