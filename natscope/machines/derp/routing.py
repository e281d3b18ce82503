"""Packets that do not take the short way: to clients that do not read, elsewhere, to nobody, from mesh peers.

Source: upstream derp/derpserver/derpserver.go (handleFrameSendPacket, handleFrameForwardPacket, sendPkt).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from natscope.machines.derp.client import Client
from natscope.machines.derp.counters import Drop
from natscope.wire.derp.frames import HEADER, HEADER_BYTES, FrameType, GoneReason, PeerGone, encode, is_disco
from natscope.wire.keys import KEY_BYTES

if TYPE_CHECKING:
    from natscope.machines.derp.effects import Effects
    from natscope.machines.derp.outlet import Outlet
    from natscope.machines.derp.relay import Relay

_RECV, _FORWARD = int(FrameType.RECV_PACKET), int(FrameType.FORWARD_PACKET)
_BODY = HEADER_BYTES + KEY_BYTES
LETTER = ord("T")
"""The first of disco's magic. A run of frames is asked for it at once, by its stride: nearly always none has it."""
GONE_PER_S, GONE_BURST = 1.0, 3.0
"""How often one client is told that somebody is not here."""


def send_run(
    relay: Relay, client: Client, data: bytes, pos: int, size: int, now: float, effects: Effects
) -> tuple[int, int, int]:
    """SendPacket frames of `size` bytes at `pos`, of which the first is whole, whose destination is not here and reads:
    behind another process or relay as many as have the same head. Gives the position after them, how many they were,
    and how many of them disco messages.
    """
    head = data[pos : pos + _BODY]
    key = head[HEADER_BYTES:]
    away = relay.registry.away.get(key)
    link = away.link if away is not None else relay.registry.link_for(key)
    if key in relay.registry.active or link is None or link.blocked_since is not None:
        packet = data[pos + _BODY : pos + size]
        _send_elsewhere(relay, client, key, packet, now, effects)
        return pos + size, 1, int(is_disco(packet))
    start, pieces = pos, effects.to(link)
    forward = HEADER.pack(_FORWARD, size - HEADER_BYTES + KEY_BYTES) + client.key + key
    while True:
        pieces.append(forward)
        pieces.append(data[pos + _BODY : pos + size])
        pos += size
        if pos + size > len(data) or data[pos : pos + _BODY] != head:
            break
    count = (pos - start) // size
    if away is None:
        relay.counters.forwarded_out += count
    disco = disco_among(data, start, pos, size) if LETTER in data[start + _BODY : pos : size] else 0
    return pos, count, disco


def disco_among(data: bytes, start: int, end: int, size: int) -> int:
    """How many SendPacket frames of a run with equal heads carry disco messages; asked where `LETTER` is there."""
    return sum(is_disco(data[at + _BODY : at + size]) for at in range(start, end, size))


def _send_elsewhere(relay: Relay, client: Client, key: bytes, packet: bytes, now: float, effects: Effects) -> None:
    """A packet whose destination is blocked, behind what is blocked, or unknown."""
    registry = relay.registry
    to = registry.active.get(key)
    if to is not None:
        deliver(relay, to, client.key, packet, effects)
        return
    away = registry.away.get(key)
    if away is not None:
        _pass_on(relay, away.link, client.key, key, packet, effects)
        return
    link = registry.link_for(key)
    if link is not None:
        relay.counters.forwarded_out += 1
        _pass_on(relay, link, client.key, key, packet, effects)
        return
    disco = is_disco(packet)
    relay.counters.drop(Drop.UNKNOWN_DEST, disco, len(packet))
    if disco:
        _tell_not_here(relay, client, key, now, effects)


def forward_from_mesh(
    relay: Relay, mesh: Client, source: bytes, target: bytes, packet: bytes, now: float, effects: Effects
) -> None:
    """A packet that another relay of the region sent on: it goes to a client here, and never to a third relay.

    When there is no such client (any more), the relay that sent it is told, so that it forgets the way.
    """
    relay.counters.forwarded_in += 1
    to = relay.registry.active.get(target)
    if to is not None:
        deliver(relay, to, source, packet, effects)
        return
    away = relay.registry.away.get(target)
    if away is not None:
        _pass_on(relay, away.link, source, target, packet, effects)
        return
    disco = is_disco(packet)
    relay.counters.drop(Drop.UNKNOWN_DEST_ON_FWD, disco, len(packet))
    if disco:
        _tell_not_here(relay, mesh, target, now, effects)


def deliver(relay: Relay, to: Client, source: bytes, packet: bytes, effects: Effects) -> None:
    """A packet for a client of this process: now, or as soon as it reads again."""
    if source not in to.heard_from:
        relay.registry.listen(to, source)
    head = HEADER.pack(_RECV, KEY_BYTES + len(packet)) + source
    if to.blocked_since is None:
        relay.counters.packets_sent += 1
        relay.counters.bytes_sent += len(packet)
        effects.to(to).extend((head, packet))
    else:
        _queue(relay, to, head + packet, is_disco(packet))


def _pass_on(relay: Relay, to: Outlet, source: bytes, target: bytes, packet: bytes, effects: Effects) -> None:
    """A packet for a client of another relay or process."""
    head = HEADER.pack(_FORWARD, 2 * KEY_BYTES + len(packet)) + source + target
    if to.blocked_since is None:
        effects.to(to).extend((head, packet))
    else:
        _queue(relay, to, head + packet, is_disco(packet))


def _queue(relay: Relay, to: Outlet, frame: bytes, disco: bool) -> None:
    dropped = to.queue(frame, disco)
    if dropped is not None:
        relay.counters.drop(Drop.QUEUE_HEAD, disco, len(dropped) - to.head_bytes)


def _tell_not_here(relay: Relay, client: Client, key: bytes, now: float, effects: Effects) -> None:
    if _may_be_told(client, now):
        relay.counters.gone_not_here_frames += 1
        relay.tell(client, encode(PeerGone(key, GoneReason.NOT_HERE)), effects)


def _may_be_told(client: Client, now: float) -> bool:
    client.gone_tokens = min(GONE_BURST, client.gone_tokens + (now - client.gone_at) * GONE_PER_S)
    client.gone_at = now
    if client.gone_tokens < 1:
        return False
    client.gone_tokens -= 1
    return True
