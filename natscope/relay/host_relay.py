"""Driver B of the relay: the same machine on the streams of a `Host`, for the simulator.

`natscope derp serve` runs the other driver, which needs epoll, and so it needs Linux.

One task reads a connection and one writes it. What a stream has not taken yet is kept up to `KEEP_BYTES`; beyond that
the machine is told that the connection is blocked, and queues and drops by its own rules until the stream catches up.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from natscope.host.api import Host, HostError, Listener, ServerTls, Stream
from natscope.machines.derp.client import Client
from natscope.machines.derp.connection import Connection
from natscope.machines.derp.counters import End
from natscope.machines.derp.effects import Effects, LinkOwner
from natscope.machines.derp.front import Front
from natscope.model.endpoint import Endpoint

READ_BYTES = 64 * 1024
KEEP_BYTES = 1 << 20
"""About what a system's socket buffers take, which the other driver relies on."""
LINGER_S = 2.0
"""So long a connection that ends may take to read what was sent last."""
NONCE_BYTES = 24
MAX_OUT_BYTES = 8 * KEEP_BYTES
_JITTER = 1 << 16


async def everybody(client: Client) -> bool:
    """No admission control."""
    return True


class HostRelay:
    """One relay's connections on a `Host`. `decide` says whether a client may use it, as late as it likes."""

    def __init__(self, host: Host, front: Front, decide: Callable[[Client], Awaitable[bool]] = everybody) -> None:
        """Nothing listens yet."""
        self.front = front
        self._host = host
        self._decide = decide
        self._listeners: list[Listener] = []
        self._decisions: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()

    async def listen(self, local: Endpoint, tls: ServerTls | None = None) -> Endpoint:
        """Listen; gives the bound endpoint. Raises `HostError`."""
        encrypted = tls is not None

        async def handle(stream: Stream) -> None:
            await self._connection(stream, encrypted)

        listener = await self._host.streams.listen(local, handle, tls=tls)
        self._listeners.append(listener)
        return listener.local

    async def serve(self) -> None:
        """Keep the machine's time until cancelled; then everything is closed."""
        try:
            while True:
                await self._until(self.front.deadline())
                self._carry_out(self.front.tick(self._host.clock.now()))
        finally:
            for task in list(self._decisions):
                task.cancel()
            for listener in self._listeners:
                await listener.close()

    def post(self, act: Callable[[float], Effects]) -> None:
        """Call `act(now)` soon and carry its effects out; from the loop's own thread."""
        self._carry_out(act(self._host.clock.now()))
        self._changed.set()

    async def _until(self, deadline: float | None) -> None:
        """Until then, or until somebody connects or blocks, which may bring the next deadline forward."""
        self._changed.clear()
        waiting = asyncio.ensure_future(self._changed.wait())
        sleeping = asyncio.ensure_future(self._sleep(deadline))
        try:
            await asyncio.wait((waiting, sleeping), return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
            sleeping.cancel()

    async def _sleep(self, deadline: float | None) -> None:
        if deadline is None:
            await asyncio.Event().wait()
        else:
            await self._host.clock.sleep(max(0.0, deadline - self._host.clock.now()))

    async def _connection(self, stream: Stream, encrypted: bool) -> None:
        connection = self.front.opened(stream.remote, self._host.clock.now(), encrypted=encrypted)
        if connection is None:
            return
        pipe = connection.driver = _Pipe(stream)
        self._changed.set()
        tasks = [
            asyncio.ensure_future(part)
            for part in (self._write_loop(connection, pipe), self._read_loop(connection, pipe), self._linger(pipe))
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.gather(*tasks, return_exceptions=True)
            pipe.is_over = True
            self._carry_out(self.front.closed(connection))
        for task in tasks:
            if not task.cancelled():
                task.result()  # a fault of ours ends this connection and is heard of

    async def _linger(self, pipe: _Pipe) -> None:
        """Until the connection is to end, and a little longer where somebody may still read."""
        await pipe.ending.wait()
        if not pipe.is_stuck:
            await self._host.clock.sleep(LINGER_S)

    async def _read_loop(self, connection: Connection, pipe: _Pipe) -> None:
        with contextlib.suppress(HostError):
            while data := await pipe.stream.read(READ_BYTES):
                jitter = self._host.rng.below(_JITTER) / _JITTER if connection.client is None else 0.0
                effects = self.front.received(connection, data, self._host.clock.now(), jitter)
                self._carry_out(effects)
                self._changed.set()
                if effects.pause_s:
                    await self._host.clock.sleep(effects.pause_s)
                await pipe.may_read(connection)

    async def _write_loop(self, connection: Connection, pipe: _Pipe) -> None:
        """Everything that is given; ends once it is told to end and nothing is left."""
        with contextlib.suppress(HostError):
            while True:
                await pipe.given.wait()
                data, pipe.out = bytes(pipe.out), bytearray()
                if data:
                    await pipe.stream.write(data)
                if pipe.is_blocked and not pipe.out:
                    pipe.is_blocked = False
                    pieces = self.front.drained(connection, self._host.clock.now())
                    if pieces:
                        pipe.out += connection.ready(pieces)
                pipe.room.set()
                if not pipe.out:
                    if pipe.ending.is_set():
                        return
                    pipe.given.clear()

    def _carry_out(self, effects: Effects) -> None:
        for connection, raw in effects.raw.items():
            self._write(connection, raw)
        for outlet, pieces in effects.sends.items():
            if isinstance(outlet.owner, Connection):
                self._write(outlet.owner, outlet.owner.ready(pieces))
            elif isinstance(outlet.owner, LinkOwner):
                outlet.owner.write(b"".join(pieces))
        for outlet, reason in effects.closes:
            if isinstance(outlet.owner, Connection) and isinstance(outlet.owner.driver, _Pipe):
                outlet.owner.driver.end(is_stuck=reason is End.SLOW)
            elif isinstance(outlet.owner, LinkOwner):
                outlet.owner.end()
        if effects.admit is not None:
            task = asyncio.ensure_future(self._admit(effects.admit))
            self._decisions.add(task)
            task.add_done_callback(self._decisions.discard)

    async def _admit(self, client: Client) -> None:
        allowed = await self._decide(client)
        nonce = self._host.rng.bytes(NONCE_BYTES)
        self._carry_out(self.front.admitted(client, allowed, nonce, self._host.clock.now()))
        self._changed.set()  # its keep-alives may be due before anything that was waited for

    def _write(self, connection: Connection, data: bytes) -> None:
        pipe = connection.driver
        if not isinstance(pipe, _Pipe) or pipe.is_over:
            return
        pipe.out += data
        pipe.given.set()
        if len(pipe.out) > KEEP_BYTES and not pipe.is_blocked:
            pipe.is_blocked = True
            self.front.blocked(connection, self._host.clock.now())
            self._changed.set()
        elif len(pipe.out) > MAX_OUT_BYTES:
            pipe.end(is_stuck=True)  # frames wait in the machine: these are answers to one who does not read them


class _Pipe:
    """A connection's stream and what it has not taken yet."""

    __slots__ = ("ending", "given", "is_blocked", "is_over", "is_stuck", "out", "room", "stream")

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.out = bytearray()
        self.given = asyncio.Event()
        self.room = asyncio.Event()
        self.is_blocked = False
        self.ending = asyncio.Event()
        self.is_stuck = False
        self.is_over = False

    def end(self, *, is_stuck: bool) -> None:
        """Close once everything is written, or a little later; at once where nobody reads."""
        self.is_stuck |= is_stuck
        self.ending.set()
        self.given.set()

    async def may_read(self, connection: Connection) -> None:
        """While pages of ours wait to be read, nothing more is read."""
        while connection.client is None and len(self.out) > KEEP_BYTES:
            self.room.clear()
            await self.room.wait()
