"""Coming and going: what watchers and correspondents are told. Source: upstream derp/derpserver/derpserver.go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from natscope.machines.derp.client import Client
from natscope.machines.derp.counters import Counters
from natscope.machines.derp.registry import MeshLink, Present, Registry
from natscope.wire.derp.frames import GoneReason, PeerGone, PeerPresent, PresentFlags, encode
from natscope.wire.derp.siblings import Arrived, Left, Spoke, encode_news

if TYPE_CHECKING:
    from natscope.machines.derp.effects import Effects
    from natscope.machines.derp.relay import Relay


class Presence:
    """Tells mesh peers who is here, and clients when somebody who wrote to them is gone from the whole region."""

    def __init__(self, registry: Registry, counters: Counters) -> None:
        """Nobody is here."""
        self._registry = registry
        self._counters = counters

    def arrived(self, client: Present, effects: Effects, relay: Relay) -> None:
        """A client was let in, here or by another process of this relay."""
        self._registry.add(client)
        present = present_of(client)
        frame = encode(present)
        for watcher in list(self._registry.watchers):
            relay.tell(watcher, frame, effects)
        if isinstance(client, Client) and relay.siblings:
            relay.tell_siblings(encode_news(Arrived(client.number, present)), effects)

    def speaks(self, client: Client, effects: Effects, relay: Relay) -> None:
        """A client that has twins sent something."""
        was_active = self._registry.active_of(client.key) is client
        if self._registry.speaks(client):
            self._counters.twin_switches += not was_active
            if relay.siblings:
                relay.tell_siblings(encode_news(Spoke(client.number)), effects)

    def left(self, client: Present, effects: Effects, relay: Relay) -> None:
        """A client that was in is gone."""
        key = client.key
        if isinstance(client, Client) and relay.siblings:
            relay.tell_siblings(encode_news(Left(client.number)), effects)
        if not self._registry.remove(client):
            return
        frame = encode(PeerGone(key, GoneReason.DISCONNECTED))
        for watcher in list(self._registry.watchers):
            relay.tell(watcher, frame, effects)
        self._tell_listeners(key, effects, relay)

    def watch(self, watcher: Client, effects: Effects, relay: Relay) -> None:
        """A mesh peer wants to know: first who is here, then every change."""
        if watcher.is_watching:
            return
        watcher.is_watching = True
        self._registry.watchers[watcher] = None
        registry = self._registry
        for present in [*map(present_of, registry.active.values()), *(away.present for away in registry.away.values())]:
            relay.tell(watcher, encode(present), effects)

    def link_added(self, link: MeshLink, key: bytes) -> None:
        """Another relay has that key; our own key is not worth knowing."""
        self._registry.add_link(link, key)

    def link_removed(self, link: MeshLink, key: bytes, effects: Effects, relay: Relay) -> None:
        """It has it no longer."""
        if self._registry.remove_link(link, key):
            self._tell_listeners(key, effects, relay)

    def link_lost(self, link: MeshLink, effects: Effects, relay: Relay) -> None:
        """The connection to another relay broke: whatever it told is void."""
        for key in list(link.keys):
            self.link_removed(link, key, effects, relay)

    def _tell_listeners(self, key: bytes, effects: Effects, relay: Relay) -> None:
        if not self._registry.is_nowhere(key):
            return
        frame = encode(PeerGone(key, GoneReason.DISCONNECTED))
        for listener in self._registry.take_listeners(key):
            self._counters.gone_disconnected_frames += 1
            relay.tell(listener, frame, effects)


def present_of(client: Present) -> PeerPresent:
    """What watchers are told of a client."""
    if not isinstance(client, Client):
        return client.present
    flags = PresentFlags.NONE
    if client.is_mesh:
        flags |= PresentFlags.MESH_PEER
    if client.info.is_prober:
        flags |= PresentFlags.PROBER
    if not client.is_ideal:
        flags |= PresentFlags.NOT_IDEAL
    return PeerPresent(client.key, client.address, flags or PresentFlags.REGULAR)
