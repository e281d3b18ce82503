"""The relay's door: connections come in as HTTP and go on as DERP. All of a relay's TCP, without I/O.

The owner of the sockets calls `opened` for each accepted connection (TLS is its business), `received` for each read,
`closed` when it is gone, `admitted` with a decision, `blocked`/`drained` for full and empty buffers, and `tick` at
`deadline()`. Each call answers with `Effects`; an outlet's `owner` is its `Connection`, whose `ready` makes one write
of the pieces.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus

import h11

from natscope.errors import RemoteError
from natscope.machines.derp.accept_limit import AcceptLimit
from natscope.machines.derp.client import Client
from natscope.machines.derp.connection import Connection
from natscope.machines.derp.counters import End
from natscope.machines.derp.effects import Effects
from natscope.machines.derp.forwarded import TrustedProxies
from natscope.machines.derp.http_head import check_head, request_of
from natscope.machines.derp.http_request import Request, Response
from natscope.machines.derp.pages import Pages
from natscope.machines.derp.relay import Relay
from natscope.machines.derp.settings import FrontLimits
from natscope.machines.derp.timers import Timers
from natscope.machines.derp.upgrade import TEXT, Upgrade, switching, upgrade_of, websocket_fault
from natscope.machines.derp.websocket import WebSocket
from natscope.model.endpoint import Endpoint

MAX_PIPELINED = 16
"""Requests in one read. Browsers and relay clients wait for an answer, which is much longer than a request."""


@dataclass(slots=True)
class FrontCounters:
    """Numbers since the start."""

    requests: int = 0
    bad_requests: int = 0
    refused_connections: int = 0
    """Beyond the limits for those who are not let in."""
    limited_connections: int = 0
    """Beyond what is accepted in a second."""
    late: int = 0
    websockets: int = 0
    fast_starts: int = 0
    """Clients that learned the key from the meta certificate and were sent no HTTP answer."""
    by_status: dict[int, int] = field(default_factory=dict)


class Front:
    """HTTP in front of a `Relay`. `date` gives the Date header's text, `proxies` are believed about their clients."""

    def __init__(
        self, relay: Relay, pages: Pages, date: Callable[[], str], limits: FrontLimits | None = None,
        proxies: TrustedProxies | None = None,
    ) -> None:  # fmt: skip
        """No connection yet."""
        self.limits = limits or FrontLimits()
        self.relay = relay
        self.pages = pages
        self.counters = FrontCounters()
        self._date = date
        self._numbers = 0
        self._pending: dict[Connection, None] = {}
        self._per_source: dict[bytes, int] = {}
        self._stuck: dict[Connection, float] = {}
        self._timers: Timers[Connection] = Timers()
        self._accepts = AcceptLimit(self.limits.accepts_per_s, self.limits.accept_burst)
        self._proxies = proxies or TrustedProxies()

    def opened(self, address: Endpoint, now: float, *, encrypted: bool) -> Connection | None:
        """A connection was accepted; None when there are too many: close it at once."""
        if not self._accepts.allow(now):
            self.counters.limited_connections += 1
            return None
        is_proxy = self.pages.behind_proxy or address.ip in self._proxies
        of_source = 0 if is_proxy else self._per_source.get(address.ip.packed, 0)
        if len(self._pending) >= self.limits.pending or of_source >= self.limits.pending_per_source:
            self.counters.refused_connections += 1
            return None
        self._numbers += 1
        connection = Connection(
            self._numbers, address, encrypted=encrypted, deadline=now + self.limits.head_s,
            write_limit_s=self.limits.answer_s,
        )  # fmt: skip
        self._pending[connection] = None
        self._count(connection)
        self._timers.arm(connection, connection.deadline)
        return connection

    def received(self, connection: Connection, data: bytes, now: float, jitter: float = 0.0) -> Effects:
        """Bytes of a connection. `jitter`, 0 to 1, is used when it becomes a relay client."""
        client = connection.client
        if client is not None:
            if connection.websocket is None:
                effects = self.relay.received(client, data, now)
            else:
                effects = self._from_websocket(connection, connection.websocket, client, data, now)
            return self._settled(effects) if effects.closes else effects
        if connection.http is None:
            return Effects()
        return self._from_http(connection, connection.http, data, now, jitter)

    def admitted(self, client: Client, allowed: bool, nonce: bytes, now: float) -> Effects:
        """The decision about a client of `Effects.admit`."""
        effects = self.relay.admitted(client, allowed, nonce, now)
        if isinstance(client.owner, Connection):
            self._settle(client.owner)
        return self._settled(effects)

    def closed(self, connection: Connection) -> Effects:
        """The connection is gone."""
        self._settle(connection)
        self._timers.disarm(connection)
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

    def drained(self, connection: Connection, now: float | None = None) -> list[bytes]:
        """The system takes more; the pieces that waited."""
        if connection.client is not None:
            return self.relay.drained(connection.client, now)
        self._stuck.pop(connection, None)
        connection.outlet.blocked_since = None
        return connection.outlet.take()

    def reconfigure(self, limits: FrontLimits, proxies: TrustedProxies) -> None:
        """Other limits and proxies, for connections from now on."""
        if (limits.accepts_per_s, limits.accept_burst) != (self._accepts.per_s, self._accepts.burst):
            self._accepts = AcceptLimit(limits.accepts_per_s, limits.accept_burst)
        self.limits = limits
        self._proxies = proxies

    def deadline(self) -> float | None:
        """When `tick` is wanted next."""
        times = [since + connection.outlet.write_limit_s for connection, since in self._stuck.items()]
        times += [when for when in (self._timers.next(), self.relay.deadline()) if when is not None]
        return min(times, default=None)

    def tick(self, now: float) -> Effects:
        """Late heads, idle connections, and everything of the relay's that is due."""
        effects = self._settled(self.relay.tick(now))
        for connection in [c for c, since in self._stuck.items() if since + c.outlet.write_limit_s <= now]:
            self._end(connection, End.SLOW, effects)
        for connection in self._timers.due(now):
            if connection.http is not None:
                self.counters.late += 1
                self._end(connection, End.GREETING_LATE, effects)
        return effects

    def _from_http(
        self, connection: Connection, http: h11.Connection, data: bytes, now: float, jitter: float
    ) -> Effects:
        effects = Effects()
        left = MAX_PIPELINED
        try:
            http.receive_data(data)
            while connection.http is http:
                event = http.next_event()
                if isinstance(event, h11.Request):
                    connection.request = event
                    check_head(event)
                    if connection.peer.ip in self._proxies:
                        self._handed_on(connection, event)
                elif isinstance(event, h11.EndOfMessage):
                    left -= 1
                    if not left:
                        raise RemoteError("too many requests at once", field="pipelining")
                    self._answer(connection, http, now, jitter, effects)
                elif not isinstance(event, h11.Data):
                    break
        except _TooMany:
            self.counters.refused_connections += 1
            self._refuse(connection, http, effects, Response(429, b"429 Too Many Requests", (TEXT,), close=True))
        except (h11.ProtocolError, RemoteError):
            self.counters.bad_requests += 1
            self._refuse(connection, http, effects, Response(400, b"400 Bad Request", (TEXT,), close=True))
        return effects

    def _answer(
        self, connection: Connection, http: h11.Connection, now: float, jitter: float, effects: Effects
    ) -> None:
        assert connection.request is not None
        request = request_of(connection.request, connection.encrypted)
        self.counters.requests += 1
        upgrade = upgrade_of(request) if self.pages.is_relay_for(request) else Upgrade.NONE
        fault = websocket_fault(request) if upgrade is Upgrade.WEBSOCKET else None
        if upgrade is not Upgrade.NONE and fault is None:
            self._upgrade(connection, http, request, upgrade, now, jitter, effects)
            return
        response = fault or self.pages.respond(request)
        self._write(connection, http, response, effects)
        if http.our_state is h11.DONE and http.their_state is h11.DONE:
            http.start_next_cycle()
            connection.request = None
            connection.request = None
            self._timers.arm(connection, now + self.limits.idle_s)
        else:
            self._end(connection, End.CLIENT, effects)

    def _upgrade(
        self, connection: Connection, http: h11.Connection, request: Request, upgrade: Upgrade, now: float,
        jitter: float, effects: Effects,
    ) -> None:  # fmt: skip
        """The rest of this read may already hold frames."""
        rest = http.trailing_data[0]
        head = switching(self.relay.private.public)
        if upgrade is Upgrade.FAST:
            head = b""
            self.counters.fast_starts += 1
        elif upgrade is Upgrade.WEBSOCKET:
            connection.websocket = WebSocket(request)
            head = connection.websocket.answer
            self.counters.websockets += 1
        self._timers.disarm(connection)
        client, greeting = self.relay.connect(
            connection.address, now, jitter=jitter, is_ideal=not request.headers.get("ideal-node")
        )
        connection.become(client)
        if self._stuck.pop(connection, None) is not None:  # by an earlier answer: now it is the relay's to judge
            self.relay.blocked(client, now)
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
        reason = HTTPStatus(response.status).phrase
        out = http.send(h11.Response(status_code=response.status, headers=headers, reason=reason)) or b""
        assert connection.request is not None
        if response.body and connection.request.method != b"HEAD":
            out += http.send(h11.Data(data=response.body)) or b""
        _add_raw(effects, connection, out + (http.send(h11.EndOfMessage()) or b""))

    def _refuse(self, connection: Connection, http: h11.Connection, effects: Effects, response: Response) -> None:
        """An answer where one fits, and the end."""
        if http.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            connection.request = connection.request or h11.Request(method="GET", target="/", headers=[("Host", "-")])
            with contextlib.suppress(h11.LocalProtocolError):  # it ends in any case
                self._write(connection, http, response, effects)
        self._end(connection, End.PROTOCOL, effects)

    def _end(self, connection: Connection, reason: End, effects: Effects) -> None:
        self._settle(connection)
        self._timers.disarm(connection)
        self._stuck.pop(connection, None)
        connection.http = None
        if not connection.outlet.closed:
            connection.outlet.closed = True
            effects.closes.append((connection.outlet, reason))

    def _settled(self, effects: Effects) -> Effects:
        """Those that end do not count as pending any more."""
        for outlet, _ in effects.closes:
            if isinstance(outlet.owner, Connection):
                self._settle(outlet.owner)
        return effects

    def _settle(self, connection: Connection) -> None:
        """It is let in, or gone: it does not count as pending any more."""
        if self._pending.pop(connection, 0) is None:
            self._uncount(connection)

    def _handed_on(self, connection: Connection, head: h11.Request) -> None:
        """A proxy of ours says for whom it asks; limits and mesh go by that from now on."""
        ip = self._proxies.client(connection.peer.ip, head.headers.raw_items())
        if ip == connection.address.ip:
            return
        is_pending = connection in self._pending
        if is_pending:
            self._uncount(connection)
        connection.address = Endpoint(ip, 0)
        if is_pending and self._count(connection) > self.limits.pending_per_source and ip not in self._proxies:
            raise _TooMany

    def _count(self, connection: Connection) -> int:
        source = connection.address.ip.packed
        self._per_source[source] = count = self._per_source.get(source, 0) + 1
        return count

    def _uncount(self, connection: Connection) -> None:
        source = connection.address.ip.packed
        left = self._per_source[source] - 1
        if left:
            self._per_source[source] = left
        else:
            del self._per_source[source]


class _TooMany(Exception):
    """A client behind a proxy has too many connections that are not let in."""


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
