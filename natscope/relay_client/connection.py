"""An open connection to a relay: packets out through a bounded queue, events in, pings, a clean end.

Two tasks: one reads and hands frames on, one writes what waits, joined. A reader that nobody empties stops after
`MAX_EVENTS`, and TCP tells the relay. Queue and read limit: upstream wgengine/magicsock/derp.go, derp/derp_client.go.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from natscope.errors import RemoteError
from natscope.host.api import Failure, Host, HostError, Stream
from natscope.machines.derp_client import READ_LIMIT_S, DerpClientMachine
from natscope.relay_client.errors import ConnectionLost
from natscope.relay_client.facts import ConnectFacts
from natscope.wire.derp.frames import PING_BYTES, Frame, Pong, RecvPacket

QUEUE_PACKETS = 32
MAX_EVENTS = 1024
MAX_CONTROL = 64
"""Frames of our own that wait, answers to pings above all: a relay that never reads gets no more of them."""
PING_S = 5.0
CLOSE_S = 1.0
READ_BYTES = 64 * 1024


@dataclass(slots=True)
class ConnectionCounters:
    """Numbers since the connection is open. `dropped`: packets that made room in the queue; `limited`: packets that the
    relay's rate did not allow.
    """

    packets_sent: int = 0
    packets_received: int = 0
    bytes_sent: int = 0
    bytes_received: int = 0
    dropped: int = 0
    limited: int = 0


class RelayConnection:
    """One connection, made by `natscope.relay_client.connect`. `facts` is how it came about."""

    def __init__(
        self, host: Host, stream: Stream, machine: DerpClientMachine, facts: ConnectFacts, events: Iterable[Frame]
    ) -> None:
        """Takes the stream over; `events` came with the greeting."""
        self.facts = facts
        self.counters = ConnectionCounters()
        self.opened_at = host.clock.now()
        self._host = host
        self._stream = stream
        self._machine = machine
        self._queue: deque[tuple[bytes, bytes]] = deque()
        self._control: deque[bytes] = deque()
        self._events: deque[Frame] = deque(events)
        self._pings: dict[bytes, asyncio.Future[float]] = {}
        self._end: ConnectionLost | None = None
        self._closed_by_us = False
        self._to_write = asyncio.Event()
        self._has_room = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._changed = asyncio.Event()
        self._taken = asyncio.Event()
        loop = asyncio.get_running_loop()
        self._tasks = (loop.create_task(self._read_loop()), loop.create_task(self._write_loop()))

    @property
    def is_open(self) -> bool:
        """Whether packets can still be sent."""
        return self._end is None

    def send(self, key: bytes, packet: bytes) -> bool:
        """Queue a packet for a key. False when the oldest one waiting made room for it, or the connection is over.

        Raises `RemoteError` for more than 65,536 bytes.
        """
        self._machine.check_packet(packet)
        if self._end is not None:
            self.counters.dropped += 1
            return False
        self._queue.append((key, packet))
        self._wake_writer()
        if len(self._queue) <= QUEUE_PACKETS:
            return True
        self._queue.popleft()
        self.counters.dropped += 1
        return False

    async def put(self, key: bytes, packet: bytes) -> None:
        """Queue a packet as soon as there is room, so that none is dropped here. Raises `ConnectionLost`."""
        while len(self._queue) >= QUEUE_PACKETS and self._end is None:
            self._has_room.clear()
            await self._has_room.wait()
        if self._end is not None:
            raise self._end
        self.send(key, packet)

    def note_preferred(self, home: bool) -> None:
        """Tell the relay whether it is our home."""
        self._tell(self._machine.note_preferred(home))

    async def ping(self, *, timeout_s: float = PING_S) -> float:
        """The round trip to the relay in seconds. Raises `ConnectionLost`, `TimeoutError`."""
        if self._end is not None:
            raise self._end
        data = self._host.rng.bytes(PING_BYTES)
        waiting: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._pings[data] = waiting
        began = self._host.clock.now()
        self._tell(self._machine.ping(data))
        try:
            async with asyncio.timeout(timeout_s):
                return await waiting - began
        finally:
            self._pings.pop(data, None)

    async def next(self) -> Frame:
        """The next event, in order. Raises `ConnectionLost` once all that came have been given."""
        while not self._events:
            if self._end is not None:
                raise self._end
            self._changed.clear()
            await self._changed.wait()
        self._taken.set()
        return self._events.popleft()

    def __aiter__(self) -> AsyncIterator[Frame]:
        """All events until somebody closes; raises `ConnectionLost` unless it was us."""
        return self._all()

    async def _all(self) -> AsyncIterator[Frame]:
        try:
            while True:
                yield await self.next()
        except ConnectionLost:
            if not self._closed_by_us:
                raise

    async def close(self) -> None:
        """Close; what waits has a moment to leave. Idempotent."""
        if self._end is None:
            try:
                async with asyncio.timeout(CLOSE_S):
                    await self._idle.wait()
            except TimeoutError:
                pass
        if self._end is None:
            self._closed_by_us = True
            self._over(ConnectionLost(Failure.CLOSED, "the connection was closed here"))
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._stream.close()

    async def __aenter__(self) -> Self:
        """Closed at the end."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        await self.close()

    def _tell(self, frame: bytes) -> None:
        if len(self._control) < MAX_CONTROL and self._end is None:
            self._control.append(frame)
            self._wake_writer()

    def _wake_writer(self) -> None:
        self._idle.clear()
        self._to_write.set()

    async def _read_loop(self) -> None:
        relay = self.facts.node.name if self.facts.node is not None else self.facts.address
        try:
            while True:
                async with asyncio.timeout(self._patience_s()):
                    data = await self._stream.read(READ_BYTES)
                if not data:
                    raise ConnectionLost(Failure.CLOSED, f"the relay {relay} closed the connection")
                self._received(data)
                while len(self._events) >= MAX_EVENTS:
                    self._taken.clear()
                    await self._taken.wait()
        except TimeoutError:
            words = f"nothing was heard from the relay {relay} for {READ_LIMIT_S:g} s"
            self._over(ConnectionLost(Failure.TIMEOUT, words))
        except HostError as error:
            self._over(ConnectionLost(error.failure, f"the connection to the relay {relay} broke: {error.message}"))
        except RemoteError as error:
            self._over(ConnectionLost(Failure.OTHER, f"the relay {relay} sent what is no DERP: {error.message}"))
        except ConnectionLost as error:
            self._over(error)

    def _patience_s(self) -> float:
        heard_at = self._machine.heard_at or self.opened_at
        return max(0.0, heard_at + READ_LIMIT_S - self._host.clock.now())

    def _received(self, data: bytes) -> None:
        now = self._host.clock.now()
        self.counters.bytes_received += len(data)
        step = self._machine.received(data, now)
        for frame in step.frames:
            if isinstance(frame, RecvPacket):
                self.counters.packets_received += 1
            elif isinstance(frame, Pong) and (waiting := self._pings.get(frame.data)) is not None:
                if not waiting.done():
                    waiting.set_result(now)
                continue
            self._events.append(frame)
        if step.send:
            self._tell(step.send)
        self._changed.set()

    async def _write_loop(self) -> None:
        try:
            while True:
                if not self._to_write.is_set():
                    self._idle.set()
                await self._to_write.wait()
                self._to_write.clear()
                data = self._take()
                self._has_room.set()
                if data:
                    await self._stream.write(data)
                    self.counters.bytes_sent += len(data)
        except HostError as error:
            self._over(ConnectionLost(error.failure, f"the connection to the relay broke: {error.message}"))

    def _take(self) -> bytes:
        """Everything that waits as one write."""
        now = self._host.clock.now()
        pieces = list(self._control)
        self._control.clear()
        for key, packet in self._queue:
            frame = self._machine.send_packet(key, packet, now)
            self.counters.packets_sent += bool(frame)
            pieces.append(frame)
        self._queue.clear()
        self.counters.limited = self._machine.limited
        return b"".join(pieces)

    def _over(self, end: ConnectionLost) -> None:
        """The first reason counts."""
        if self._end is not None:
            return
        self._end = end
        for waiting in self._pings.values():
            if not waiting.done():
                waiting.set_exception(end)
                waiting.exception()  # known, even where nobody waits any more
        self._queue.clear()
        self._idle.set()
        self._has_room.set()
        self._changed.set()
