"""`Streams` of a simulated host: TCP connections as byte pipes whose packets pass routers, plain or TLS.

SYN, segments, acknowledgements and FIN are packets, so that mapping, filtering, lifetime, MTU, loss and partition hold
for them. Not modelled: congestion control (the flight has a fixed bound), slow start, delayed or selective
acknowledgements, Nagle, urgent data, options, sequence number checks against forged resets, TIME-WAIT, keep-alives,
SYN cookies. Loss costs time, by a plain retransmission (`tcp.py`); throughput figures mean nothing here.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl

from natscope.host.api import Clock, Failure, HostError, Listener, ServerTls, Stream, StreamHandler, TlsInfo, TlsOptions
from natscope.machines.nat.packet import Packet, unpack
from natscope.model.endpoint import Endpoint, IPAddress
from natscope.sim.binding import Binder
from natscope.sim.stack import ANY, End
from natscope.sim.tcp import Connection, State
from natscope.sim.tls import TlsLayer, Trust

BACKLOG = 256
HIGH_WATER_BYTES = 256 * 1024
"""A writer waits while more than this is not acknowledged."""
HANDSHAKE_S, SERVER_HANDSHAKE_S = 30.0, 10.0
_WORDS = {
    Failure.TIMEOUT: "no answer in time",
    Failure.REFUSED: "the other side refuses: nothing listens on that port",
    Failure.RESET: "the connection was reset",
    Failure.UNREACHABLE_NET: "there is no route to that network",
    Failure.UNREACHABLE_HOST: "the host cannot be reached",
}


class PlainEnd:
    """Waiting reads and writes on a connection."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._changed = asyncio.Event()
        self._closed = False
        connection.on_change = self._changed.set

    async def opened(self) -> None:
        """Until the connection is open; raises `HostError`."""
        while not self.connection.is_open:
            if self.connection.is_closed:
                raise self._error("connecting")
            await self._wait()

    async def read(self, limit: int) -> bytes:
        """At least one byte, empty at the end."""
        connection = self.connection
        while not connection.incoming.ready:
            if connection.incoming.is_complete or self._closed:
                return b""
            if connection.is_closed:
                raise self._error("reading")
            await self._wait()
        return connection.read(limit)

    async def write(self, data: bytes) -> None:
        """Hand it to the connection and wait while too much is on its way."""
        if self._closed or self.connection.is_closed:
            raise self._error("writing")
        self.connection.write(data)
        while self.connection.unsent > HIGH_WATER_BYTES and not self.connection.is_closed:
            await self._wait()
        if self.connection.failure is not None:
            raise self._error("writing")

    def close(self) -> None:
        """Let go."""
        if not self._closed:
            self._closed = True
            self.connection.close()
            self._changed.set()

    async def _wait(self) -> None:
        self._changed.clear()
        await self._changed.wait()

    def _error(self, doing: str) -> HostError:
        remote = self.connection.remote
        place = f"{doing}, {unpack(remote[0], self.connection.family)} port {remote[1]}"
        failure = self.connection.failure
        if failure is None:
            return HostError(Failure.CLOSED, f"{place}: the connection is closed")
        return HostError(failure, f"{place}: {_WORDS.get(failure, failure.value)}")


class SimStream:
    """One connection, plain until `start_tls` or when a listener made it TLS."""

    def __init__(self, end: PlainEnd, trust: Trust, clock: Clock) -> None:
        self._end = end
        self._trust = trust
        self._clock = clock
        self._layer: TlsLayer | None = None

    @property
    def local(self) -> Endpoint:
        """Our end."""
        return _endpoint(self._end.connection.local, self._end.connection.family)

    @property
    def remote(self) -> Endpoint:
        """The other end."""
        return _endpoint(self._end.connection.remote, self._end.connection.family)

    @property
    def tls(self) -> TlsInfo | None:
        """The handshake, when there was one."""
        return None if self._layer is None else self._layer.info

    async def read(self, limit: int) -> bytes:
        """At least one and at most `limit` bytes, empty at the end. Raises `HostError`."""
        return await (self._layer or self._end).read(limit)

    async def write(self, data: bytes) -> None:
        """All of it. Raises `HostError`."""
        await (self._layer or self._end).write(data)

    async def start_tls(self, options: TlsOptions) -> None:
        """Become a TLS client, inside the TLS that is there already; after a failure the connection is gone."""
        doing = f"TLS with {options.server_name or self.remote}"
        try:
            if self._layer is None and self._end.connection.incoming.ready:
                raise HostError(Failure.TLS, f"{doing}: the other side does not speak TLS on this port")
            async with asyncio.timeout(HANDSHAKE_S):
                self._layer = await self._trust.connect(self._layer or self._end, options, self._clock)
        except TimeoutError as error:
            self._end.connection.abort()
            raise HostError(Failure.TIMEOUT, f"{doing}: the handshake takes too long") from error
        except BaseException:
            self._end.connection.abort()
            raise

    async def accept_tls(self, context: ssl.SSLContext) -> None:
        """Become a TLS server; raises `HostError`."""
        try:
            async with asyncio.timeout(SERVER_HANDSHAKE_S):
                self._layer = await self._trust.accept(self._end, context)
        except TimeoutError as error:
            raise HostError(Failure.TIMEOUT, "TLS with a client: the handshake takes too long") from error

    async def close(self) -> None:
        """Close both directions; never raises."""
        try:
            if self._layer is not None and self._end.connection.is_open:
                await self._layer.goodbye()
        finally:
            self._end.close()


class SimStreams:
    """Opens and accepts connections of one host."""

    def __init__(self, binder: Binder, trust: Trust, clock: Clock) -> None:
        self._binder = binder
        self._trust = trust
        self._clock = clock

    async def connect(
        self, target: Endpoint, *, timeout_s: float, source: IPAddress | None = None, interface: str | None = None
    ) -> Stream:
        """Connect to one address. Raises `HostError`."""
        doing = f"cannot connect to {target}"
        node = self._binder.node
        remote = (int(target.ip), target.port)
        ip = self._binder.source(target.ip, source, interface, doing)
        port = node.stack.free_port(lambda p: ((int(ip), p), remote) in node.stack.connections)
        if port is None:
            raise HostError(Failure.ADDRESS_NOT_AVAILABLE, f"{doing}: every local port is in use")
        out = self._binder.interface(interface, doing)
        connection = Connection(node, (int(ip), port), remote, target.family, State.OPENING, out)
        end = PlainEnd(connection)
        connection.open()
        try:
            async with asyncio.timeout(timeout_s):
                await end.opened()
        except TimeoutError as error:
            connection.fail(None)
            raise HostError(Failure.TIMEOUT, f"{doing}: no answer within {timeout_s:g} s") from error
        except BaseException:
            connection.fail(None)
            raise
        return SimStream(end, self._trust, self._clock)

    async def connect_unix(self, path: str, *, timeout_s: float) -> Stream:
        """There are no Unix sockets on simulated computers. Raises `HostError`."""
        raise HostError(Failure.REFUSED, f"cannot connect to the socket {path}: there is no such socket")

    async def listen(self, local: Endpoint, handler: StreamHandler, *, tls: ServerTls | None = None) -> Listener:
        """Listen; each connection is served by a task of its own. Raises `HostError`."""
        context = None if tls is None else self._trust.server(tls)
        bound = self._binder.listen_at(local)
        listener = SimListener(self, bound, handler, context)
        self._binder.node.stack.listeners[listener.key] = listener.accept
        return listener

    @property
    def binder(self) -> Binder:
        """Of the host."""
        return self._binder

    def wrap(self, connection: Connection) -> tuple[PlainEnd, SimStream]:
        """A connection that came in."""
        end = PlainEnd(connection)
        return end, SimStream(end, self._trust, self._clock)


class SimListener:
    """A listening port and the tasks that serve its connections."""

    def __init__(
        self, streams: SimStreams, local: Endpoint, handler: StreamHandler, context: ssl.SSLContext | None
    ) -> None:
        self._streams = streams
        self._handler = handler
        self._context = context
        self._loop = asyncio.get_running_loop()
        self._tasks: dict[asyncio.Task[None], Connection] = {}
        self._opening = 0
        self.local = local
        self.key = wildcard_key(local)

    def accept(self, packet: Packet) -> Connection | None:
        """A SYN for us; the task begins when the connection is open."""
        if self._opening >= BACKLOG:
            return None
        node = self._streams.binder.node
        ends = (packet.dst, packet.dport), (packet.src, packet.sport)
        connection = Connection(node, *ends, packet.family, State.ACCEPTED)
        task = self._loop.create_task(self._serve(connection))
        self._tasks[task] = connection
        task.add_done_callback(self._done)
        return connection

    async def close(self) -> None:
        """Stop listening and end the connections."""
        listeners = self._streams.binder.node.stack.listeners
        if listeners.get(self.key) == self.accept:
            del listeners[self.key]
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, connection: Connection) -> None:
        end, stream = self._streams.wrap(connection)
        self._opening += 1
        try:
            await end.opened()
        except HostError:
            return
        finally:
            self._opening -= 1
        try:
            with contextlib.suppress(HostError):
                if self._context is not None:
                    await stream.accept_tls(self._context)
                await self._handler(stream)
        finally:
            await stream.close()

    def _done(self, task: asyncio.Task[None]) -> None:
        connection = self._tasks.pop(task, None)
        if connection is not None and not connection.is_closed and not task.cancelled():
            connection.close()
        if not task.cancelled() and (error := task.exception()) is not None:
            context = {"message": "a connection's handler failed", "exception": error, "task": task}
            self._loop.call_exception_handler(context)


def wildcard_key(local: Endpoint) -> End:
    """How the stack looks a bound address up."""
    return (ANY[local.family] if local.ip.is_unspecified else int(local.ip), local.port)


def _endpoint(end: End, family: int) -> Endpoint:
    return Endpoint(unpack(end[0], family), end[1])
