"""Several processes that serve one relay: each knows the clients of all, and passes packets on to where they belong.

Between each two there is one private, reliable, ordered stream. Over it they tell of their own clients; each enters the
others' into its registry as `Away`, so that twins, watchers and goodbyes follow the rules of one process. A packet for
a client that is away goes there in one hop and never further. What is on its way when a twin speaks or a client leaves
may reach the place that was right a moment before; there it is delivered or dropped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from natscope.errors import RemoteError
from natscope.machines.derp.away import Away
from natscope.machines.derp.client import Client
from natscope.machines.derp.counters import Drop, End
from natscope.machines.derp.outlet import FORWARD_HEAD_BYTES, Outlet
from natscope.machines.derp.presence import present_of
from natscope.machines.derp.routing import deliver
from natscope.wire.derp.frames import HEADER, HEADER_BYTES, MAX_PACKET_BYTES, FrameType, is_disco
from natscope.wire.derp.siblings import MAX_NEWS_BYTES, Arrived, CloseKey, Left, News, Spoke, decode_news, encode_news
from natscope.wire.keys import KEY_BYTES

if TYPE_CHECKING:
    from natscope.machines.derp.effects import Effects
    from natscope.machines.derp.relay import Relay

WAITING_PACKETS = 1024
"""Of each kind, for a process that does not keep up: it stands for many clients."""
_RECV, _FORWARD = int(FrameType.RECV_PACKET), int(FrameType.FORWARD_PACKET)
_HEADS = 2 * KEY_BYTES


class Sibling(Outlet):
    """The stream to another process; `away` are its clients by their numbers there."""

    __slots__ = ("away", "held")
    head_bytes = FORWARD_HEAD_BYTES

    def __init__(self, number: int, name: str) -> None:
        """Nothing was said yet. It may be full for as long as it likes: it ends with its process."""
        super().__init__(number, name, write_limit_s=0.0, packets=WAITING_PACKETS)
        self.away: dict[int, Away] = {}
        self.held = bytearray()


def introduce(relay: Relay, sibling: Sibling, effects: Effects) -> None:
    """A stream to another process stands: tell it of everybody who is here."""
    relay.siblings[sibling] = None
    registry = relay.registry
    for key, twins in registry.all_of.items():
        here = [twin for twin in twins if isinstance(twin, Client)]
        for client in here:
            relay.tell(sibling, encode_news(Arrived(client.number, present_of(client))), effects)
        order = registry.spoke.get(key, {})
        if registry.active_of(key) in order:  # otherwise the second came just now, which is what its coming says
            for twin in order:
                if isinstance(twin, Client):
                    relay.tell(sibling, encode_news(Spoke(twin.number)), effects)


def take(relay: Relay, sibling: Sibling, data: bytes, now: float, effects: Effects) -> None:
    """A read of the stream. What cannot be (a fault of ours) ends it."""
    if sibling.held:
        data, sibling.held = bytes(sibling.held) + data, bytearray()
    try:
        used = _cut(relay, sibling, data, effects)
    except RemoteError:
        relay.end(sibling, End.PROTOCOL, effects)
        return
    if used < len(data) and not sibling.closed:
        sibling.held += data[used:]


def lost(relay: Relay, sibling: Sibling, effects: Effects) -> None:
    """The other process ended: its clients are gone."""
    relay.siblings.pop(sibling, None)
    sibling.held = bytearray()
    for away in list(sibling.away.values()):
        relay.presence.left(away, effects, relay)
    sibling.away.clear()


def _cut(relay: Relay, sibling: Sibling, data: bytes, effects: Effects) -> int:
    """Handle what is complete; how many bytes that was. Raises `RemoteError`."""
    pos, end = 0, len(data)
    while end - pos >= HEADER_BYTES and not sibling.closed:
        kind, length = HEADER.unpack_from(data, pos)
        after = pos + HEADER_BYTES + length
        if length > (_HEADS + MAX_PACKET_BYTES if kind == _FORWARD else MAX_NEWS_BYTES):
            raise RemoteError(f"news of type {kind} with {length} bytes", field="length")
        if after > end:
            break
        if kind != _FORWARD:
            _learn(relay, sibling, decode_news(kind, data[pos + HEADER_BYTES : after]), effects)
            pos = after
        elif length < _HEADS:
            raise RemoteError(f"a packet of {length} bytes", field="length")
        else:
            pos = _take_run(relay, data, pos, HEADER_BYTES + length, effects)
    return pos


def _take_run(relay: Relay, data: bytes, pos: int, size: int, effects: Effects) -> int:
    """Packets with the same source, destination and length as the first, which is whole; the position after them."""
    head = data[pos : pos + FORWARD_HEAD_BYTES]
    source = head[HEADER_BYTES : HEADER_BYTES + KEY_BYTES]
    to = relay.registry.here(head[HEADER_BYTES + KEY_BYTES :])
    if to is None or to.blocked_since is not None:
        packet = data[pos + FORWARD_HEAD_BYTES : pos + size]
        if to is None:
            relay.counters.drop(Drop.UNKNOWN_DEST, is_disco(packet), len(packet))
        else:
            deliver(relay, to, source, packet, effects)
        return pos + size
    if source not in to.heard_from:
        relay.registry.listen(to, source)
    start, pieces = pos, effects.to(to)
    received = HEADER.pack(_RECV, size - HEADER_BYTES - KEY_BYTES) + source
    while True:
        pieces.append(received)
        pieces.append(data[pos + FORWARD_HEAD_BYTES : pos + size])
        pos += size
        if pos + size > len(data) or data[pos : pos + FORWARD_HEAD_BYTES] != head:
            break
    count = (pos - start) // size
    relay.counters.packets_sent += count
    relay.counters.bytes_sent += pos - start - count * FORWARD_HEAD_BYTES
    return pos


def _learn(relay: Relay, sibling: Sibling, news: News, effects: Effects) -> None:
    if isinstance(news, Arrived):
        if news.number in sibling.away:
            raise RemoteError("the same client came twice", field="number")
        away = sibling.away[news.number] = Away(news.number, news.present, sibling)
        relay.presence.arrived(away, effects, relay)
    elif isinstance(news, CloseKey):
        relay.close_key(news.key, effects)
    elif isinstance(news, Left):
        gone = sibling.away.pop(news.number, None)
        if gone is not None:
            relay.presence.left(gone, effects, relay)
    else:
        speaker = sibling.away.get(news.number)
        if speaker is not None and speaker.has_twins:
            relay.registry.speaks(speaker)
