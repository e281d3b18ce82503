"""Packets that do not take the short way: to clients that do not read, behind mesh links, to nobody, from mesh peers.

Source: upstream derp/derpserver/derpserver.go (handleFrameSendPacket, handleFrameForwardPacket, sendPkt).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from natscope.machines.derp.client import Client
from natscope.machines.derp.counters import Drop
from natscope.wire.derp.frames import (
    ForwardPacket,
    GoneReason,
    PeerGone,
    RecvPacket,
    encode,
    is_disco,
)  # fmt: skip

if TYPE_CHECKING:
    from natscope.machines.derp.effects import Effects
    from natscope.machines.derp.outlet import Outlet
    from natscope.machines.derp.relay import Relay

GONE_PER_S, GONE_BURST = 1.0, 3.0
"""How often one client is told that somebody is not here."""


def send_elsewhere(relay: Relay, client: Client, key: bytes, packet: bytes, now: float, effects: Effects) -> None:
    """A packet whose destination is blocked, behind another relay, or unknown."""
    to = relay.registry.active.get(key)
    if to is not None:
        _deliver(relay, to, client.key, packet, effects)
        return
    link = relay.registry.link_for(key)
    if link is not None:
        relay.counters.forwarded_out += 1
        _put(relay, link, encode(ForwardPacket(client.key, key, packet)), packet, effects)
        return
    disco = is_disco(packet)
    relay.counters.drop(Drop.UNKNOWN_DEST, disco)
    if disco:
        _tell_not_here(relay, client, key, now, effects)


def forward_from_mesh(
    relay: Relay, mesh: Client, source: bytes, target: bytes, packet: bytes, now: float, effects: Effects
) -> None:
    """A packet that another relay of the region sent on: it goes to a client here, and never a second time further.

    When there is no such client (any more), the relay that sent it is told, so that it forgets the way.
    """
    relay.counters.forwarded_in += 1
    to = relay.registry.active.get(target)
    if to is None:
        disco = is_disco(packet)
        relay.counters.drop(Drop.UNKNOWN_DEST_ON_FWD, disco)
        if disco:
            _tell_not_here(relay, mesh, target, now, effects)
    else:
        _deliver(relay, to, source, packet, effects)


def _deliver(relay: Relay, to: Client, source: bytes, packet: bytes, effects: Effects) -> None:
    if source not in to.heard_from:
        relay.registry.listen(to, source)
    _put(relay, to, encode(RecvPacket(source, packet)), packet, effects)


def _put(relay: Relay, to: Outlet, frame: bytes, packet: bytes, effects: Effects) -> None:
    if to.blocked_since is None:
        relay.counters.packets_sent += 1
        effects.to(to).append(frame)
    else:
        disco = is_disco(packet)
        dropped = to.queue(frame, disco)
        if dropped:
            relay.counters.drop(Drop.QUEUE_HEAD, disco, dropped)


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
