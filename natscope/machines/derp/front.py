"""The relay's door: connections come in as HTTP and go on as DERP. All of a relay's TCP, without I/O.

The owner of the sockets calls `opened` for each accepted connection (TLS is its business), `received` for each read,
`closed` when it is gone, `admitted` with a decision, `blocked`/`drained` for full and empty buffers, and `tick` at
`deadline()`. Each call answers with `Effects`; an outlet's `owner` is its `Connection`, whose `ready` makes one write
of the pieces.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field

import h11

from natscope.errors import RemoteError
from natscope.machines.derp.client import Client
from natscope.machines.derp.connection import Connection
from natscope.machines.derp.counters import End
from natscope.machines.derp.effects import Effects
from natscope.machines.derp.http_request import Request, Response
from natscope.machines.derp.pages import Pages
from natscope.machines.derp.relay import Relay
from natscope.machines.derp.upgrade import Upgrade, switching, upgrade_of
from natscope.machines.derp.websocket import WebSocket
from natscope.model.endpoint import Endpoint

HEAD_S, IDLE_S = 10.0, 30.0
"""For a whole request head, and between two requests of a connection."""
MAX_PENDING, MAX_PENDING_PER_SOURCE = 1000, 32
"""Connections that are not let in yet, all and from one address."""


@dataclass(slots=True)
class FrontCounters:
    """Numbers since the start."""

    requests: int = 0
    bad_requests: int = 0
    refused_connections: int = 0
    late: int = 0
    websockets: int = 0
    by_status: dict[int, int] = field(default_factory=dict)


class Front:
    """HTTP in front of a `Relay`. `date` gives the text of the Date header."""

    def __init__(self, relay: Relay, pages: Pages, date: Callable[[], str]) -> None:
        """No connection yet."""
        self.relay = relay
        self.pages = pages
        self.counters = FrontCounters()
        self._date = date
        self._numbers = 0
        self._pending: dict[Connection, None] = {}
        self._per_source: dict[bytes, int] = {}
        self._stuck: dict[Connection, float] = {}
        self._timers: list[tuple[float, int, Connection]] = []

    def opened(self, address: Endpoint, now: float, *, encrypted: bool) -> Connection | None:
        """A connection was accepted; None when there are too many that are not let in: close it at once."""
        source = address.ip.packed
        if len(self._pending) >= MAX_PENDING or self._per_source.get(source, 0) >= MAX_PENDING_PER_SOURCE:
            self.counters.refused_connections += 1
            return None
        self._numbers += 1
        connection = Connection(self._numbers, address, encrypted=encrypted, deadline=now + HEAD_S)
        self._pending[connection] = None
        self._per_source[source] = self._per_source.get(source, 0) + 1
        heapq.heappush(self._timers, (connection.deadline, connection.number, connection))
        return connection

    def received(self, connection: Connection, data: bytes, now: float, jitter: float = 0.0) -> Effects:
        """Bytes of a connection. `jitter`, 0 to 1, is used when it becomes a relay client."""
        client = connection.client
        if client is not None:
            if connection.websocket is None:
                return self.relay.received(client, data, now)
            return self._from_websocket(connection, connection.websocket, client, data, now)
        if connection.http is None:
            return Effects()
        return self._from_http(connection, connection.http, data, now, jitter)

    def admitted(self, client: Client, allowed: bool, nonce: bytes, now: float) -> Effects:
        """The decision about a client of `Effects.admit`."""
        return self.relay.admitted(client, allowed, nonce, now)

    def closed(self, connection: Connection) -> Effects:
        """The connection is gone."""
        self._settle(connection)
        self._stuck.pop(connection, None)
        connection.http = None
        connection.outlet.closed = connection.client is None or connection.outlet.closed
        return self.relay.disconnected(connection.client) if connection.client is not None else Effects()

    def blocked(self, connection: Connection, now: float) -> None:
        """The system took less than everything."""
        if connection.client is not None:
            self.relay.blocked(connection.client, now)
        elif connection not in self._stuck:
            self._stuck[connection] = now
            connection.outlet.blocked_since = now

    def drained(self, connection: Connection) -> list[bytes]:
        """The system takes more; the pieces that waited."""
        if connection.client is not None:
            return self.relay.drained(connection.client)
        self._stuck.pop(connection, None)
        connection.outlet.blocked_since = None
        return connection.outlet.take()

    def deadline(self) -> float | None:
        """When `tick` is wanted next."""
        times = [self._timers[0][0]] if self._timers else []
        times += [since + connection.outlet.write_limit_s for connection, since in self._stuck.items()]
        relay = self.relay.deadline()
        return min(times if relay is None else [*times, relay], default=None)

    def tick(self, now: float) -> Effects:
        """Late heads, idle connections, and everything of the relay's that is due."""
        effects = self.relay.tick(now)
        for connection in [c for c, since in self._stuck.items() if since + c.outlet.write_limit_s <= now]:
            self._end(connection, End.SLOW, effects)
        while self._timers and self._timers[0][0] <= now:
            when, _, connection = heapq.heappop(self._timers)
            if when == connection.deadline and connection.http is not None:
                self.counters.late += 1
                self._end(connection, End.GREETING_LATE, effects)
        return effects

    def _from_http(
        self, connection: Connection, http: h11.Connection, data: bytes, now: float, jitter: float
    ) -> Effects:
        effects = Effects()
        try:
            http.receive_data(data)
            while connection.http is http:
                event = http.next_event()
                if isinstance(event, h11.Request):
                    connection.request = event
                elif isinstance(event, h11.EndOfMessage):
                    self._answer(connection, http, now, jitter, effects)
                elif not isinstance(event, h11.Data):
                    break
        except (h11.RemoteProtocolError, RemoteError):
            self.counters.bad_requests += 1
            self._refuse(connection, http, effects)
        return effects

    def _answer(
        self, connection: Connection, http: h11.Connection, now: float, jitter: float, effects: Effects
    ) -> None:
        assert connection.request is not None
        request = _request(connection.request, connection.encrypted)
        self.counters.requests += 1
        upgrade = upgrade_of(request) if self.pages.is_relay else Upgrade.NONE
        if upgrade is not Upgrade.NONE:
            self._upgrade(connection, http, request, upgrade, now, jitter, effects)
            return
        response = self.pages.respond(request)
        self._write(connection, http, response, effects)
        if http.our_state is h11.DONE and http.their_state is h11.DONE:
            http.start_next_cycle()
            connection.deadline = now + IDLE_S
            heapq.heappush(self._timers, (connection.deadline, connection.number, connection))
        else:
            self._end(connection, End.CLIENT, effects)

    def _upgrade(
        self, connection: Connection, http: h11.Connection, request: Request, upgrade: Upgrade, now: float,
        jitter: float, effects: Effects,
    ) -> None:  # fmt: skip
        """The rest of this read may already hold frames."""
        rest = http.trailing_data[0]
        head = b"" if upgrade is Upgrade.FAST else switching(self.relay.private.public)
        if upgrade is Upgrade.WEBSOCKET:
            connection.websocket = WebSocket(request)
            head = connection.websocket.answer
            self.counters.websockets += 1
        self._settle(connection)
        client, greeting = self.relay.connect(
            connection.address, now, jitter=jitter, is_ideal=not request.headers.get("ideal-node")
        )
        connection.become(client)
        _add_raw(effects, connection, head + connection.ready(greeting.sends[client]))
        if rest:
            _merge(effects, self.received(connection, rest, now))

    def _from_websocket(
        self, connection: Connection, websocket: WebSocket, client: Client, data: bytes, now: float
    ) -> Effects:
        try:
            stream, back, over = websocket.received(data)
        except RemoteError:
            effects = Effects()
            self.relay.end(client, End.PROTOCOL, effects)
            return effects
        effects = self.relay.received(client, stream, now) if stream else Effects()
        if back:
            _add_raw(effects, connection, back)
        if over:
            self.relay.end(client, End.CLIENT, effects)
        return effects

    def _write(self, connection: Connection, http: h11.Connection, response: Response, effects: Effects) -> None:
        self.counters.by_status[response.status] = self.counters.by_status.get(response.status, 0) + 1
        headers = [*response.headers, ("Date", self._date())]
        if response.status != 204:
            headers.append(("Content-Length", str(len(response.body))))
        if response.close:
            headers.append(("Connection", "close"))
        out = http.send(h11.Response(status_code=response.status, headers=headers)) or b""
        assert connection.request is not None
        if response.body and connection.request.method != b"HEAD":
            out += http.send(h11.Data(data=response.body)) or b""
        _add_raw(effects, connection, out + (http.send(h11.EndOfMessage()) or b""))

    def _refuse(self, connection: Connection, http: h11.Connection, effects: Effects) -> None:
        """An answer where one fits, and the end."""
        if http.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            connection.request = connection.request or h11.Request(method="GET", target="/", headers=[("Host", "-")])
            self._write(connection, http, Response(400, close=True), effects)
        self._end(connection, End.PROTOCOL, effects)

    def _end(self, connection: Connection, reason: End, effects: Effects) -> None:
        self._settle(connection)
        self._stuck.pop(connection, None)
        connection.http = None
        if not connection.outlet.closed:
            connection.outlet.closed = True
            effects.closes.append((connection.outlet, reason))

    def _settle(self, connection: Connection) -> None:
        """It is let in, or gone: it does not count as pending any more."""
        if self._pending.pop(connection, 0) is None:
            source = connection.address.ip.packed
            left = self._per_source[source] - 1
            if left:
                self._per_source[source] = left
            else:
                del self._per_source[source]


def _request(head: h11.Request, encrypted: bool) -> Request:
    headers: dict[str, str] = {}
    for name, value in head.headers:
        headers.setdefault(name.decode("latin-1"), value.decode("latin-1"))
    return Request(head.method.decode("latin-1"), head.target.decode("latin-1"), headers, encrypted)


def _add_raw(effects: Effects, connection: Connection, data: bytes) -> None:
    effects.raw[connection] = effects.raw.get(connection, b"") + data


def _merge(into: Effects, more: Effects) -> None:
    for outlet, pieces in more.sends.items():
        into.to(outlet).extend(pieces)
    into.closes += more.closes
    for connection, data in more.raw.items():
        _add_raw(into, connection, data)
    into.pause_s = max(into.pause_s, more.pause_s)
    into.admit = into.admit or more.admit
