"""Who is here: connections by key, duplicates, watchers, mesh links to other keys, and who is told when a key goes.

A key may have several connections; the newest is active until another one sends anything, then always the last one that
did (upstream's policy, derp/derpserver/derpserver.go, dupClientSet). Links to other relays of the region are kept per
key in order of arrival and the oldest is used; a connection here always wins over a link. When a key has neither,
everybody who got packets from it hears of it once.

Where several processes serve one relay, each has this whole picture: connections of the others stand in it as `Away`,
in the same places and by the same rules.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from natscope.machines.derp.away import Away
from natscope.machines.derp.client import Client
from natscope.machines.derp.outlet import FORWARD_HEAD_BYTES, Outlet

Present = Client | Away
"""A connection to this relay: of this process, or of another."""


class MeshLink(Outlet):
    """Our connection to another relay of the region, as its client; `name` is how people know it."""

    __slots__ = ("keys", "name")
    head_bytes = FORWARD_HEAD_BYTES

    def __init__(self, number: int, name: str, *, write_limit_s: float = 5.0) -> None:
        """Not yet told of anybody."""
        super().__init__(number, name, write_limit_s=write_limit_s)
        self.name = name
        self.keys: dict[bytes, None] = {}


@dataclass(slots=True)
class Registry:
    """`active` maps a key to the connection that packets for it go to, `away` those whose connection is elsewhere."""

    active: dict[bytes, Client] = field(default_factory=dict)
    away: dict[bytes, Away] = field(default_factory=dict)
    all_of: dict[bytes, dict[Present, None]] = field(default_factory=dict)
    spoke: dict[bytes, dict[Present, None]] = field(default_factory=dict)
    """Of keys with several connections: those that sent something or came third or later, the last one last."""
    watchers: dict[Client, None] = field(default_factory=dict)
    links: dict[bytes, list[MeshLink]] = field(default_factory=dict)
    listeners: dict[bytes, dict[Client, None]] = field(default_factory=dict)

    def add(self, client: Present) -> None:
        """A client was let in: it is the active one of its key."""
        key = client.key
        twins = self.all_of.setdefault(key, {})
        if len(twins) == 1:
            (first,) = twins
            first.has_twins = True
            self.spoke[key] = {first: None}
        elif twins:
            self.spoke[key][client] = None
        client.has_twins = bool(twins)
        twins[client] = None
        self._activate(client)

    def speaks(self, client: Present) -> bool:
        """A client that has twins sent something: it is the active one. Whether it was not already."""
        spoke = self.spoke[client.key]
        if self.active_of(client.key) is client and next(reversed(spoke), None) is client:
            return False
        spoke.pop(client, None)
        spoke[client] = None
        self._activate(client)
        return True

    def remove(self, client: Present) -> bool:
        """A client is gone; whether its key has no connection any more."""
        if isinstance(client, Client):
            self._forget(client)
        twins = self.all_of.get(client.key, {})
        if client not in twins:
            return False
        del twins[client]
        if not twins:
            del self.all_of[client.key]
            self.active.pop(client.key, None)
            self.away.pop(client.key, None)
            return True
        self._one_less(client, twins)
        return False

    def active_of(self, key: bytes) -> Present | None:
        """The connection that packets for a key go to, wherever it is."""
        return self.active.get(key) or self.away.get(key)

    def here(self, key: bytes) -> Client | None:
        """The connection of this process that takes what another process sends for a key."""
        client = self.active.get(key)
        if client is None:  # news of a twin that spoke elsewhere is on its way there
            client = next((one for one in reversed(self.all_of.get(key, {})) if isinstance(one, Client)), None)
        return client

    def _activate(self, client: Present) -> None:
        if isinstance(client, Client):
            self.away.pop(client.key, None)
            self.active[client.key] = client
        else:
            self.active.pop(client.key, None)
            self.away[client.key] = client

    def _forget(self, client: Client) -> None:
        """It watches nobody and is told of nobody any more."""
        self.watchers.pop(client, None)
        for key in client.heard_from:
            listening = self.listeners.get(key)
            if listening is not None:
                listening.pop(client, None)
                if not listening:
                    del self.listeners[key]
        client.heard_from.clear()

    def _one_less(self, client: Present, twins: dict[Present, None]) -> None:
        """A twin is gone: the last that spoke takes over, and one that is alone is no twin."""
        key = client.key
        self.spoke[key].pop(client, None)
        if len(twins) == 1:
            del self.spoke[key]
            (alone,) = twins
            alone.has_twins = False
            self._activate(alone)
        elif self.active_of(key) is client:
            self._activate(next(reversed(self.spoke[key])))

    def link_for(self, key: bytes) -> MeshLink | None:
        """The mesh link that leads to a key which has no connection here."""
        links = self.links.get(key)
        return links[0] if links else None

    def add_link(self, link: MeshLink, key: bytes) -> None:
        """Another relay has a client with that key. Told twice is told once."""
        if key not in link.keys:
            link.keys[key] = None
            self.links.setdefault(key, []).append(link)

    def remove_link(self, link: MeshLink, key: bytes) -> bool:
        """It has it no longer; whether the key is nowhere in the region now."""
        if key not in link.keys:
            return False
        del link.keys[key]
        links = self.links[key]
        links.remove(link)
        if not links:
            del self.links[key]
        return self.is_nowhere(key)

    def is_nowhere(self, key: bytes) -> bool:
        """Neither here nor behind a mesh link."""
        return key not in self.all_of and key not in self.links

    def listen(self, listener: Client, key: bytes) -> None:
        """`listener` got a packet from `key`."""
        listener.heard_from[key] = None
        self.listeners.setdefault(key, {})[listener] = None

    def take_listeners(self, key: bytes) -> list[Client]:
        """Who is to be told that a key is gone; they forget it."""
        listening = self.listeners.pop(key, {})
        for listener in listening:
            listener.heard_from.pop(key, None)
        return list(listening)

    def duplicates(self) -> tuple[int, int]:
        """Keys with several connections, and how many connections those are."""
        several = [len(twins) for twins in self.all_of.values() if len(twins) > 1]
        return len(several), sum(several)
