"""A small HTTP/1.1 server on the streams of a `Host`, with h11: bounded heads, bodies, times and connections.

For metrics pages and embedded endpoints; a handler gets the whole request and returns the whole response.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import h11

from natscope.host.api import Host, HostError, Listener, ServerTls, Stream
from natscope.model.endpoint import Endpoint


@dataclass(frozen=True, slots=True)
class ServerRequest:
    """A request as it came in; header names are lower case, repeated ones are joined with a comma."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    remote: Endpoint
    local: Endpoint


@dataclass(frozen=True, slots=True)
class ServerResponse:
    """An answer; the length and `Connection` headers are added where they belong."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    close: bool = False


Handler = Callable[[ServerRequest], Awaitable[ServerResponse]]


@dataclass(frozen=True, slots=True)
class ServerLimits:
    """What one client may use. Reaching a limit ends its connection, with an answer in words where one fits."""

    head_bytes: int = 16 * 1024
    body_bytes: int = 64 * 1024
    request_s: float = 10.0
    idle_s: float = 30.0
    write_s: float = 10.0
    requests: int = 1000
    connections: int = 512


@dataclass(slots=True)
class ServerCounters:
    """Counted since the start."""

    requests: int = 0
    refused_connections: int = 0
    bad_requests: int = 0
    timeouts: int = 0
    by_status: dict[int, int] = field(default_factory=dict)


class HttpServer:
    """Serves one handler on any number of listeners."""

    def __init__(self, host: Host, handler: Handler, limits: ServerLimits | None = None) -> None:
        self._host = host
        self._handler = handler
        self._limits = limits or ServerLimits()
        self._open = 0
        self.counters = ServerCounters()

    async def listen(self, local: Endpoint, *, tls: ServerTls | None = None) -> Listener:
        """Listen; closing the listener ends its connections. Raises `HostError`."""
        return await self._host.streams.listen(local, self._serve, tls=tls)

    async def _serve(self, stream: Stream) -> None:
        if self._open >= self._limits.connections:
            self.counters.refused_connections += 1
            return
        self._open += 1
        try:
            await _Conversation(stream, self._handler, self._limits, self.counters).run()
        except TimeoutError:
            self.counters.timeouts += 1
        except HostError:
            pass  # the client went away
        finally:
            self._open -= 1


class _Refusal(Exception):
    """The request will not be answered by the handler but with this status, and the connection closed."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class _Conversation:
    """The requests of one connection, one after another."""

    def __init__(self, stream: Stream, handler: Handler, limits: ServerLimits, counters: ServerCounters) -> None:
        self._stream = stream
        self._handler = handler
        self._limits = limits
        self._counters = counters
        self._h11 = h11.Connection(h11.SERVER, max_incomplete_event_size=limits.head_bytes)

    async def run(self) -> None:
        for _ in range(self._limits.requests):
            try:
                request = await self._next_request()
            except _Refusal as refusal:
                self._counters.bad_requests += 1
                await self._answer(ServerResponse(refusal.status, close=True))
                return
            except h11.RemoteProtocolError as error:
                self._counters.bad_requests += 1
                await self._answer(ServerResponse(error.error_status_hint, close=True))
                return
            if request is None:
                return
            self._counters.requests += 1
            await self._answer(await self._handler(request), with_body=request.method != "HEAD")
            if self._h11.our_state is not h11.DONE or self._h11.their_state is not h11.DONE:
                return
            self._h11.start_next_cycle()

    async def _next_request(self) -> ServerRequest | None:
        """The next whole request, None when the client is done."""
        async with asyncio.timeout(self._limits.idle_s):
            event = await self._next_event()
        if not isinstance(event, h11.Request):
            return None
        async with asyncio.timeout(self._limits.request_s):
            body = await self._body()
        target = urlsplit(event.target.decode("latin-1"))
        headers: dict[str, str] = {}
        for raw_name, raw_value in event.headers:
            name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        return ServerRequest(
            event.method.decode("latin-1"),
            target.path,
            target.query,
            headers,
            body,
            self._stream.remote,
            self._stream.local,
        )

    async def _body(self) -> bytes:
        body = bytearray()
        while True:
            event = await self._next_event()
            if isinstance(event, h11.Data):
                body += event.data
                if len(body) > self._limits.body_bytes:
                    raise _Refusal(413)
            elif isinstance(event, h11.EndOfMessage):
                return bytes(body)
            else:
                raise _Refusal(400)

    async def _next_event(self) -> object:
        while True:
            event = self._h11.next_event()
            if event is not h11.NEED_DATA:
                return event
            if self._h11.they_are_waiting_for_100_continue:
                await self._send(h11.InformationalResponse(status_code=100, headers=[]))
            self._h11.receive_data(await self._stream.read(self._limits.head_bytes))

    async def _answer(self, response: ServerResponse, *, with_body: bool = True) -> None:
        if self._h11.our_state not in (h11.SEND_RESPONSE, h11.IDLE):
            return
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in response.headers]
        if response.status == 101:  # another protocol follows, which is nobody's here: the connection ends
            self._counters.by_status[101] = self._counters.by_status.get(101, 0) + 1
            await self._send(h11.InformationalResponse(status_code=101, headers=headers))
            return
        if response.status >= 200 and response.status not in (204, 304):
            headers.append((b"content-length", str(len(response.body)).encode()))
        if response.close:
            headers.append((b"connection", b"close"))
        self._counters.by_status[response.status] = self._counters.by_status.get(response.status, 0) + 1
        events: list[h11.Event] = [h11.Response(status_code=response.status, headers=headers)]
        if with_body and response.body and response.status not in (204, 304):
            events.append(h11.Data(data=response.body))
        await self._send(*events, h11.EndOfMessage())

    async def _send(self, *events: h11.Event) -> None:
        data = b"".join(self._h11.send(event) or b"" for event in events)
        async with asyncio.timeout(self._limits.write_s):
            await self._stream.write(data)
