"""The frames of a client that was let in: the hot path of the relay, and the rarer frames behind it.

A read is cut in place. Most frames have the same head as the one before: type, length and destination are equal. Such a
frame costs two slices and a comparison, and the head of what leaves is kept per length. Nothing is joined here: the
pieces of all frames for one connection are joined once, when they are sent.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from natscope.errors import RemoteError
from natscope.machines.derp.client import Client
from natscope.machines.derp.counters import End
from natscope.machines.derp.routing import LETTER, disco_among, forward_from_mesh, send_run
from natscope.wire.derp.frames import (
    HEADER,
    HEADER_BYTES,
    MAX_PACKET_BYTES,
    ClosePeer,
    FrameType,
    NotePreferred,
    Ping,
    Pong,
    encode,
)  # fmt: skip
from natscope.wire.derp.parsing import decode
from natscope.wire.keys import KEY_BYTES

if TYPE_CHECKING:
    from natscope.machines.derp.effects import Effects
    from natscope.machines.derp.relay import Relay

MAX_OTHER_BYTES = 1 << 16
"""The longest frame that is no packet; none of the known ones comes near."""
MAX_PREFIXES = 256
_SEND, _FORWARD = int(FrameType.SEND_PACKET), int(FrameType.FORWARD_PACKET)
_HEAD = HEADER.unpack_from
_BODY = HEADER_BYTES + KEY_BYTES
_LONGEST_SEND, _LONGEST_FORWARD = KEY_BYTES + MAX_PACKET_BYTES, 2 * KEY_BYTES + MAX_PACKET_BYTES


def take_open(relay: Relay, client: Client, data: bytes, now: float, effects: Effects) -> None:
    """All complete frames of a read; the rest is kept for the next one. What is wrong ends the connection."""
    client.silent = 0
    if client.has_twins:
        relay.presence.speaks(client, effects, relay)
    if client.held:
        client.held += data
        if len(client.held) < client.needs:
            return
        data = bytes(client.held)
        client.held.clear()
    try:
        used = _cut(relay, client, data, now, effects)
    except RemoteError:
        relay.end(client, End.PROTOCOL, effects)
        return
    if used < len(data) and not client.closed:
        client.held += data[used:]
        client.needs = HEADER_BYTES
        if len(data) - used >= HEADER_BYTES:
            client.needs += HEADER.unpack_from(data, used)[1]
    if relay.settings.rate.bytes_per_second and not client.is_mesh:
        effects.pause_s = _pause(relay, client, used, now)


def _cut(relay: Relay, client: Client, data: bytes, now: float, effects: Effects) -> int:
    """Handle the complete frames of `data`; how many bytes they were. Raises `RemoteError`."""
    pos, end, received, sent, size = 0, len(data), 0, 0, 0
    others, run, disco = 0, 0, 0
    last: bytes | None = None
    none: list[bytes] = []
    pieces, prefix, sends = none, b"", effects.sends
    try:
        while pos < end:
            head = data[pos : pos + _BODY]
            if head != last:
                if last is not None and LETTER in data[run + _BODY : pos : size]:
                    disco += disco_among(data, run, pos, size)
                last = None
                if len(head) < HEADER_BYTES:
                    break
                kind, length = _HEAD(head)
                size = HEADER_BYTES + length
                if kind != _SEND or not KEY_BYTES <= length <= _LONGEST_SEND:
                    if length > (_LONGEST_FORWARD if kind == _FORWARD else MAX_OTHER_BYTES):
                        raise RemoteError(f"a frame of type {kind} with {length} bytes", field="length")
                    if pos + size > end:
                        break
                    _handle_other(relay, client, kind, data[pos + HEADER_BYTES : pos + size], now, effects)
                    pos += size
                    others += size
                    if client.closed:
                        break
                    continue
                if pos + size > end:
                    break
                key = head[HEADER_BYTES:]
                to = relay.registry.active.get(key)
                if to is None or to.blocked_since is not None:
                    after, count, of_disco = send_run(relay, client, data, pos, size, now, effects)
                    received, disco, others, pos = received + count, disco + of_disco, others + after - pos, after
                    continue
                if client.key not in to.heard_from:
                    relay.registry.listen(to, client.key)  # who gets something from here learns when this client goes
                pieces = sends.get(to, none)
                if pieces is none:
                    pieces = sends[to] = []
                prefix, last, run = client.prefixes.get(length) or _prefix(client, length), head, pos
            after = pos + size
            if after > end:
                break
            pieces.append(prefix)
            pieces.append(data[pos + _BODY : after])
            pos = after
            sent += 1
    finally:
        if last is not None and LETTER in data[run + _BODY : pos : size]:
            disco += disco_among(data, run, pos, size)
        counters = relay.counters
        counters.packets_received += received + sent
        counters.disco_received += disco
        counters.packets_sent += sent
        counters.bytes_sent += pos - others - sent * _BODY
    return pos


def _prefix(client: Client, length: int) -> bytes:
    """The head of a RecvPacket frame: as long as the SendPacket that brought it, since both carry one key."""
    if len(client.prefixes) >= MAX_PREFIXES:
        client.prefixes.clear()
    made = client.prefixes[length] = HEADER.pack(FrameType.RECV_PACKET, length) + client.key
    return made


def _pause(relay: Relay, client: Client, used: int, now: float) -> float:
    """How long to leave the client unread so that it keeps to its rate."""
    rate = relay.settings.rate
    client.tokens = min(rate.burst, client.tokens + (now - client.tokens_at) * rate.bytes_per_second) - used
    client.tokens_at = now
    return max(0.0, -client.tokens / rate.bytes_per_second)


def _handle_other(relay: Relay, client: Client, kind: int, payload: bytes, now: float, effects: Effects) -> None:
    handler = _HANDLERS.get(kind)
    if handler is not None:
        handler(relay, client, payload, now, effects)
    elif kind == _SEND:
        raise RemoteError(f"a SendPacket of {len(payload)} bytes", field="length")
    else:
        relay.counters.unknown_frames += 1


def _note_preferred(relay: Relay, client: Client, payload: bytes, now: float, effects: Effects) -> None:
    frame = decode(FrameType.NOTE_PREFERRED, payload)
    assert isinstance(frame, NotePreferred)
    if frame.home != client.home:
        client.home = frame.home
        if frame.home:
            relay.counters.home_moves_in += 1
        else:
            relay.counters.home_moves_out += 1


def _ping(relay: Relay, client: Client, payload: bytes, now: float, effects: Effects) -> None:
    """One pong may wait while the client does not read: faster pings are not answered."""
    frame = decode(FrameType.PING, payload)
    assert isinstance(frame, Ping)
    relay.counters.pings += 1
    if client.blocked_since is not None:
        if client.pong_waits:
            return
        client.pong_waits = True
    relay.counters.pongs += 1
    relay.tell(client, encode(Pong(frame.data)), effects)


def _pong(relay: Relay, client: Client, payload: bytes, now: float, effects: Effects) -> None:
    """The client lives: that it said something is known already."""


def _watch(relay: Relay, client: Client, payload: bytes, now: float, effects: Effects) -> None:
    decode(FrameType.WATCH_CONNS, payload)
    if _only_mesh(relay, client, effects) and client.key != relay.private.public:
        relay.presence.watch(client, effects, relay)


def _close_peer(relay: Relay, client: Client, payload: bytes, now: float, effects: Effects) -> None:
    frame = decode(FrameType.CLOSE_PEER, payload)
    assert isinstance(frame, ClosePeer)
    if _only_mesh(relay, client, effects):
        relay.close_key_everywhere(frame.key, effects)


def _forward(relay: Relay, client: Client, payload: bytes, now: float, effects: Effects) -> None:
    if len(payload) < 2 * KEY_BYTES:
        raise RemoteError(f"a ForwardPacket of {len(payload)} bytes", field="length")
    if _only_mesh(relay, client, effects):
        source, target = payload[:KEY_BYTES], payload[KEY_BYTES : 2 * KEY_BYTES]
        forward_from_mesh(relay, client, source, target, payload[2 * KEY_BYTES :], now, effects)


def _only_mesh(relay: Relay, client: Client, effects: Effects) -> bool:
    if not client.is_mesh:
        relay.end(client, End.MESH_ONLY, effects)
    return client.is_mesh


_HANDLERS: dict[int, Callable[[Relay, Client, bytes, float, Effects], None]] = {
    FrameType.NOTE_PREFERRED: _note_preferred,
    FrameType.PING: _ping,
    FrameType.PONG: _pong,
    FrameType.WATCH_CONNS: _watch,
    FrameType.CLOSE_PEER: _close_peer,
    FrameType.FORWARD_PACKET: _forward,
}
