"""DERP payloads to typed frames. Source: upstream derp/derp_client.go and derp/derpserver/derpserver.go."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable

from natscope.errors import RemoteError
from natscope.model.endpoint import Endpoint, unmapped
from natscope.wire.cursor import Reader
from natscope.wire.derp.frames import (
    IP_BYTES,
    MAGIC,
    MAX_CLIENT_INFO_BYTES,
    MAX_PACKET_BYTES,
    MAX_PING_BYTES,
    MAX_SERVER_KEY_BYTES,
    PING_BYTES,
    ClosePeer,
    ForwardPacket,
    Frame,
    FrameType,
    GoneReason,
    Health,
    KeepAlive,
    NotePreferred,
    PeerGone,
    PeerPresent,
    Ping,
    Pong,
    PresentFlags,
    RecvPacket,
    Restarting,
    Sealed,
    SendPacket,
    ServerKey,
    Unknown,
    WatchConns,
)
from natscope.wire.keys import KEY_BYTES


def decode(kind: int, payload: bytes) -> Frame:
    """A frame from its type and payload. Raises `RemoteError` where upstream would close the connection."""
    parse = _PARSERS.get(kind)
    return parse(payload) if parse is not None else Unknown(kind, payload)


def _server_key(payload: bytes) -> ServerKey:
    reader = Reader(payload)
    if len(payload) > MAX_SERVER_KEY_BYTES:
        raise RemoteError(f"a ServerKey of {len(payload)} bytes", field="length")
    if reader.take(len(MAGIC), "magic") != MAGIC:
        raise RemoteError("no DERP server: the magic is wrong", field="magic")
    return ServerKey(reader.take(KEY_BYTES, "server key"))


def _client_info(payload: bytes) -> Sealed:
    if len(payload) > MAX_CLIENT_INFO_BYTES:
        raise RemoteError(f"a ClientInfo of {len(payload)} bytes", field="length")
    reader = Reader(payload)
    return Sealed(FrameType.CLIENT_INFO, reader.take(KEY_BYTES, "client key"), reader.rest())


def _server_info(payload: bytes) -> Sealed:
    return Sealed(FrameType.SERVER_INFO, b"", payload)


def _packet(payload: bytes, keys: int) -> tuple[bytes, ...]:
    reader = Reader(payload)
    found = [reader.take(KEY_BYTES, "key") for _ in range(keys)]
    if reader.remaining > MAX_PACKET_BYTES:
        raise RemoteError(f"a packet of {reader.remaining} bytes", field="packet")
    return (*found, reader.rest())


def _exact(payload: bytes, length: int, what: str) -> bytes:
    if len(payload) != length:
        raise RemoteError(f"{what} of {len(payload)} bytes, not {length}", field="length")
    return payload


def _watch_conns(payload: bytes) -> WatchConns:
    _exact(payload, 0, "WatchConns")
    return WatchConns()


def _peer_gone(payload: bytes) -> PeerGone:
    reader = Reader(payload)
    key = reader.take(KEY_BYTES, "key")
    return PeerGone(key, reader.u8("reason") if reader.remaining else GoneReason.DISCONNECTED)


def _peer_present(payload: bytes) -> PeerPresent:
    reader = Reader(payload)
    key = reader.take(KEY_BYTES, "key")
    if reader.remaining < IP_BYTES + 2:
        return PeerPresent(key)
    ip = unmapped(ipaddress.IPv6Address(reader.take(IP_BYTES, "address")))
    address = Endpoint(ip, reader.u16("port"))
    return PeerPresent(key, address, PresentFlags(reader.u8("flags") & 0x0F) if reader.remaining else PresentFlags.NONE)


def _ping(payload: bytes) -> Ping:
    if not PING_BYTES <= len(payload) <= MAX_PING_BYTES:
        raise RemoteError(f"a Ping of {len(payload)} bytes", field="length")
    return Ping(payload[:PING_BYTES])


def _pong(payload: bytes) -> Pong:
    return Pong(Reader(payload).take(PING_BYTES, "pong"))


def _restarting(payload: bytes) -> Restarting:
    reader = Reader(payload)
    return Restarting(reader.u32("reconnect in"), reader.u32("try for"))


_PARSERS: dict[int, Callable[[bytes], Frame]] = {
    FrameType.SERVER_KEY: _server_key,
    FrameType.CLIENT_INFO: _client_info,
    FrameType.SERVER_INFO: _server_info,
    FrameType.SEND_PACKET: lambda payload: SendPacket(*_packet(payload, 1)),
    FrameType.RECV_PACKET: lambda payload: RecvPacket(*_packet(payload, 1)),
    FrameType.KEEP_ALIVE: lambda payload: KeepAlive(),
    FrameType.NOTE_PREFERRED: lambda payload: NotePreferred(_exact(payload, 1, "NotePreferred") != b"\0"),
    FrameType.PEER_GONE: _peer_gone,
    FrameType.PEER_PRESENT: _peer_present,
    FrameType.FORWARD_PACKET: lambda payload: ForwardPacket(*_packet(payload, 2)),
    FrameType.WATCH_CONNS: _watch_conns,
    FrameType.CLOSE_PEER: lambda payload: ClosePeer(_exact(payload, KEY_BYTES, "ClosePeer")),
    FrameType.PING: _ping,
    FrameType.PONG: _pong,
    FrameType.HEALTH: lambda payload: Health(payload.decode("utf-8", "replace")),
    FrameType.RESTARTING: _restarting,
}
