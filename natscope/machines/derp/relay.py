"""The relay: connections in, frames out. It is told of reads, closings and the time, and answers with `Effects`.

One call takes a whole read of a connection, however many frames are in it, and gives at most one joined send for each
other connection. The usual frame, a packet for a client that is here and reads, costs a few slices and no object.

The owner calls `connect` after the HTTP upgrade, `received` for each read, `blocked`/`drained` as the system's buffers
fill and empty, `admitted` with the decision about a client of `Effects.admit`, `disconnected` at the end, and `tick`
when `deadline()` has come. Randomness arrives as arguments.
"""

from __future__ import annotations

import math

import msgspec

from natscope.errors import RemoteError
from natscope.machines.derp import greeting, siblings
from natscope.machines.derp.client import Client, State
from natscope.machines.derp.counters import Counters, Drop, End
from natscope.machines.derp.effects import Effects
from natscope.machines.derp.frames_in import take_open
from natscope.machines.derp.outlet import Outlet
from natscope.machines.derp.presence import Presence
from natscope.machines.derp.registry import MeshLink, Registry
from natscope.machines.derp.settings import RateLimit, RelaySettings
from natscope.machines.derp.siblings import Sibling
from natscope.machines.derp.timers import Timers
from natscope.model.endpoint import Endpoint
from natscope.wire.derp.frames import Health, KeepAlive, Ping, Restarting, ServerKey, encode
from natscope.wire.derp.siblings import CloseKey, encode_news
from natscope.wire.keys import PrivateKey

_KEEP_ALIVE = encode(KeepAlive())
_PING = encode(Ping(b"natscope"))


class Relay:
    """One relay with its key. Everything in it belongs to the thread that calls it."""

    def __init__(self, private: PrivateKey, settings: RelaySettings | None = None) -> None:
        """Nobody is connected."""
        self.private = private
        self.settings = settings or RelaySettings()
        self.counters = Counters()
        self.registry = Registry()
        self.presence = Presence(self.registry, self.counters)
        self.siblings: dict[Sibling, None] = {}
        """Streams to the other processes that serve this relay."""
        self.health = ""
        self.waiting_bytes = 0
        """What those hold here who are not let in yet."""
        self._server_key = encode(ServerKey(private.public))
        self._numbers = 0
        self._clients: dict[Client, None] = {}
        self._stuck: dict[Outlet, None] = {}
        self._timers: Timers[Client] = Timers()

    @property
    def clients(self) -> int:
        """Connections, whatever their state."""
        return len(self._clients)

    def connect(self, address: Endpoint, now: float, *, jitter: float, is_ideal: bool = True) -> tuple[Client, Effects]:
        """A connection whose upgrade is done; `jitter` in 0 to 1 spreads the keep-alives. ServerKey leaves first."""
        settings = self.settings
        self._numbers += 1
        client = Client(
            self._numbers, address, now, is_ideal=is_ideal, packets=settings.packets, greeting_s=settings.greeting_s,
            keep_alive_s=settings.keep_alive_s + settings.keep_alive_jitter_s * jitter,
        )  # fmt: skip
        client.tokens = settings.rate.burst
        self._clients[client] = None
        self.counters.accepts += 1
        self._timers.arm(client, client.deadline)
        effects = Effects()
        effects.to(client).append(self._server_key)
        return client, effects

    def received(self, client: Client, data: bytes, now: float) -> Effects:
        """Bytes that were read from a connection."""
        effects = Effects()
        self.counters.bytes_received += len(data)
        try:
            if client.state is State.OPEN:
                take_open(self, client, data, now, effects)
            elif client.state is State.GREETING:
                greeting.handle(self, client, data, effects)
            elif client.state is State.ADMISSION:
                greeting.hold(self, client, data)
        except RemoteError as error:
            self.end(client, End.BUFFER if error.field == greeting.HELD else _end_of(client), effects)
        return effects

    def admitted(self, client: Client, allowed: bool, nonce: bytes, now: float) -> Effects:
        """The decision about a client; what it sent meanwhile is handled now. `nonce` are 24 random bytes."""
        effects = Effects()
        if client.state is not State.ADMISSION:
            return effects
        if not allowed:
            self.end(client, End.REFUSED, effects)
            return effects
        for sibling in self.siblings:
            effects.to(sibling)  # the other processes know before it does
        held = greeting.let_in(self, client, nonce, effects)
        self._timers.arm(client, now + client.keep_alive_s)
        self.presence.arrived(client, effects, self)
        if held:
            take_open(self, client, held, now, effects)
        return effects

    def disconnected(self, client: Client) -> Effects:
        """The connection is gone."""
        effects = Effects()
        self.end(client, End.CLIENT, effects)
        effects.closes.clear()
        return effects

    def blocked(self, outlet: Outlet, now: float) -> None:
        """The system took less than everything: frames for it wait from now on."""
        if outlet.blocked_since is None and not outlet.closed:
            outlet.blocked_since = now
            self._stuck[outlet] = None

    def drained(self, outlet: Outlet, now: float | None = None) -> list[bytes]:
        """The system takes more; what waited, to be sent joined. Without `now` the time that it took is not counted."""
        if now is not None and outlet.blocked_since is not None:
            self.counters.queued += 1
            self.counters.queued_s += now - outlet.blocked_since
        outlet.blocked_since = None
        self._stuck.pop(outlet, None)
        if isinstance(outlet, Client):
            outlet.pong_waits = False
            for _, count, size in outlet.waiting():
                self.counters.packets_sent += count
                self.counters.bytes_sent += size
        return outlet.take()

    def deadline(self) -> float | None:
        """When `tick` is wanted next."""
        times = [
            o.blocked_since + o.write_limit_s for o in self._stuck if o.write_limit_s and o.blocked_since is not None
        ]
        due = self._timers.next()
        return min(times if due is None else [*times, due], default=None)

    def tick(self, now: float) -> Effects:
        """Greetings that are late, keep-alives that are due, connections that do not read."""
        effects = Effects()
        for outlet in list(self._stuck):
            since = outlet.blocked_since
            if since is not None and outlet.write_limit_s and now >= since + outlet.write_limit_s:
                self.counters.write_timeouts += 1
                self.end(outlet, End.SLOW, effects)
        for client in self._timers.due(now):
            if client.closed:
                continue
            if client.state is not State.OPEN:
                self.end(client, End.GREETING_LATE, effects)
            else:
                self._keep_alive(client, effects)
                if not client.closed:
                    self._timers.arm(client, now + client.keep_alive_s)
        return effects

    def _keep_alive(self, client: Client, effects: Effects) -> None:
        """Who has been silent for long is asked for a sign of life."""
        settings, asks = self.settings, client.info.can_ack_pings and self.settings.silent_ends > 0
        client.silent += 1
        if asks and client.silent >= settings.silent_ends:
            self.end(client, End.SILENT, effects)
        else:
            self.tell(client, _PING if asks and client.silent >= settings.silent_pings else _KEEP_ALIVE, effects)

    def tell(self, outlet: Outlet, frame: bytes, effects: Effects) -> None:
        """A frame of the relay's own for a connection: now, or as soon as it reads again."""
        if outlet.blocked_since is None:
            effects.to(outlet).append(frame)
        elif not outlet.queue_control(frame):
            self.end(outlet, End.SLOW, effects)

    def tell_siblings(self, news: bytes, effects: Effects) -> None:
        """News of this process for the others that serve this relay."""
        for sibling in list(self.siblings):
            self.tell(sibling, news, effects)

    def close_key(self, key: bytes, effects: Effects) -> None:
        """End all connections of a key in this process."""
        for twin in list(self.registry.all_of.get(key, ())):
            if isinstance(twin, Client):
                self.end(twin, End.CLOSED_BY_PEER, effects)

    def close_key_everywhere(self, key: bytes, effects: Effects) -> None:
        """End all connections of a key."""
        self.tell_siblings(encode_news(CloseKey(key)), effects)
        self.close_key(key, effects)

    def set_rate(self, rate: RateLimit) -> Effects:
        """Another limit, for those who are here, too."""
        self.settings = msgspec.structs.replace(self.settings, rate=rate)
        return Effects()

    def reconfigure(self, *, write_limit_s: float, mesh_key: bytes, other_mesh_keys: tuple[bytes, ...]) -> Effects:
        """Other settings, for those who are here, too: a mesh peer whose key is admitted no longer is closed."""
        effects = Effects()
        self.settings = msgspec.structs.replace(
            self.settings, write_limit_s=write_limit_s, mesh_key=mesh_key, other_mesh_keys=other_mesh_keys
        )
        for client in list(self._clients):
            if client.is_mesh and not greeting.has_mesh_key(client.info, self.settings):
                self.end(client, End.REFUSED, effects)
            elif client.state is State.OPEN and not client.is_mesh:
                client.write_limit_s = write_limit_s
        return effects

    def set_health(self, problem: str) -> Effects:
        """Tell every client of a problem, or that it is over (empty)."""
        effects = Effects()
        if problem != self.health:
            self.health = problem
            self._tell_everybody(encode(Health(problem)), effects)
        return effects

    def restarting(self, reconnect_in_ms: int, try_for_ms: int) -> Effects:
        """Tell every client that this relay goes away."""
        effects = Effects()
        self._tell_everybody(encode(Restarting(reconnect_in_ms, try_for_ms)), effects)
        return effects

    def close_all(self) -> Effects:
        """End every connection."""
        return self.close_some(1.0)

    def close_some(self, share: float) -> Effects:
        """End a share (0 to 1) of the connections, the oldest first, at least one."""
        effects = Effects()
        for client in list(self._clients)[: math.ceil(share * len(self._clients))]:
            self.end(client, End.RESTARTING, effects)
        return effects

    def end(self, outlet: Outlet, reason: End, effects: Effects) -> None:
        """Close a connection and forget it; whoever must hear of it is told."""
        if outlet.closed:
            return
        outlet.closed = True
        self._stuck.pop(outlet, None)
        effects.closes.append((outlet, reason))
        if not isinstance(outlet, Sibling):
            self.counters.end(reason)
        for is_disco, count, size in outlet.waiting():
            if count:
                self.counters.drop(Drop.GONE_DISCONNECTED, is_disco, size, count)
        outlet.take()
        if isinstance(outlet, MeshLink):
            self.presence.link_lost(outlet, effects, self)
        elif isinstance(outlet, Sibling):
            siblings.lost(self, outlet, effects)
        elif isinstance(outlet, Client):
            was_open = outlet.state is State.OPEN
            if not was_open:
                self.waiting_bytes -= len(outlet.held)
            outlet.state = State.CLOSED
            outlet.held = bytearray()
            del self._clients[outlet]
            self._timers.disarm(outlet)
            if was_open:
                self.presence.left(outlet, effects, self)

    def number(self) -> int:
        """For a mesh link's outlet."""
        self._numbers += 1
        return self._numbers

    def _tell_everybody(self, frame: bytes, effects: Effects) -> None:
        for client in list(self._clients):
            if client.state is State.OPEN:
                self.tell(client, frame, effects)


def _end_of(client: Client) -> End:
    return End.PROTOCOL if client.state is State.OPEN else End.GREETING
