"""Coming and going: what watchers and correspondents are told. Source: upstream derp/derpserver/derpserver.go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from natscope.machines.derp.client import Client
from natscope.machines.derp.counters import Counters
from natscope.machines.derp.registry import MeshLink, Registry
from natscope.wire.derp.frames import GoneReason, PeerGone, PeerPresent, PresentFlags, encode

if TYPE_CHECKING:
    from natscope.machines.derp.effects import Effects
    from natscope.machines.derp.relay import Relay


class Presence:
    """Tells mesh peers who is here, and clients when somebody who wrote to them is gone from the whole region."""

    def __init__(self, registry: Registry, counters: Counters) -> None:
        """Nobody is here."""
        self._registry = registry
        self._counters = counters

    def arrived(self, client: Client, effects: Effects, relay: Relay) -> None:
        """A client was let in."""
        self._registry.add(client)
        frame = _present(client)
        for watcher in list(self._registry.watchers):
            relay.tell(watcher, frame, effects)

    def left(self, client: Client, effects: Effects, relay: Relay) -> None:
        """A client that was in is gone."""
        key = client.key
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
        for client in list(self._registry.active.values()):
            relay.tell(watcher, _present(client), effects)

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


def _present(client: Client) -> bytes:
    flags = PresentFlags.NONE
    if client.is_mesh:
        flags |= PresentFlags.MESH_PEER
    if client.info.is_prober:
        flags |= PresentFlags.PROBER
    if not client.is_ideal:
        flags |= PresentFlags.NOT_IDEAL
    return encode(PeerPresent(client.key, client.address, flags or PresentFlags.REGULAR))
