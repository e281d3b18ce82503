"""Stays connected to a relay: connects, hands events on, and connects again after a pause."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from natscope.host.api import Host
from natscope.machines.backoff import Backoff
from natscope.relay_client.connect import connect
from natscope.relay_client.connection import RelayConnection
from natscope.relay_client.errors import ConnectError, ConnectionLost
from natscope.relay_client.facts import ConnectFacts
from natscope.relay_client.options import ConnectOptions
from natscope.relay_client.target import Target
from natscope.wire.derp.frames import Frame, Restarting

Result = TypeVar("Result")
_JITTER = 1 << 16


@dataclass(frozen=True, slots=True)
class Connected:
    """There is a connection."""

    facts: ConnectFacts


@dataclass(frozen=True, slots=True)
class Disconnected:
    """There is none, or no longer one; the next try comes in so many seconds."""

    error: ConnectError | ConnectionLost
    retry_in_s: float


KeeperEvent: TypeAlias = Frame | Connected | Disconnected


class RelayKeeper:
    """One relay that somebody stays with. Iterate over it: that is what runs it. `close` ends the iteration."""

    def __init__(self, host: Host, target: Target, options: ConnectOptions, backoff: Backoff | None = None) -> None:
        """Not connected yet."""
        self.connection: RelayConnection | None = None
        self.dropped = 0
        """Packets that were sent while there was no connection."""
        self._host = host
        self._target = target
        self._options = options
        self._backoff = backoff or Backoff()
        self._closing = asyncio.Event()

    def send(self, key: bytes, packet: bytes) -> bool:
        """Queue a packet; False when there is no connection (the packet is dropped) or an older one made room."""
        if self.connection is None:
            self.dropped += 1
            return False
        return self.connection.send(key, packet)

    async def close(self) -> None:
        """End the connection and the iteration."""
        self._closing.set()
        if self.connection is not None:
            await self.connection.close()

    async def __aiter__(self) -> AsyncIterator[KeeperEvent]:
        """Events until `close`."""
        while not self._closing.is_set():
            error: ConnectError | ConnectionLost
            try:
                connection = await self._unless_closing(connect(self._host, self._target, self._options))
                if connection is None:
                    return
                self.connection = connection
            except ConnectError as failed:
                error = failed
            else:
                try:
                    yield Connected(connection.facts)
                    while True:
                        event = await connection.next()
                        if isinstance(event, Restarting):
                            self._backoff.told(event.reconnect_in_ms / 1000)
                        yield event
                except ConnectionLost as lost:
                    error = lost
                finally:
                    self.connection = None
                    await connection.close()
                self._backoff.held(self._host.clock.now() - connection.opened_at)
            if not self._closing.is_set():
                pause_s = self._backoff.next_s(self._host.rng.below(_JITTER) / _JITTER)
                yield Disconnected(error, pause_s)
                await self._unless_closing(self._host.clock.sleep(pause_s))

    async def _unless_closing(self, doing: Coroutine[Any, Any, Result]) -> Result | None:
        """What comes of it, or None when somebody closes meanwhile."""
        task = asyncio.ensure_future(doing)
        closing = asyncio.ensure_future(self._closing.wait())
        try:
            await asyncio.wait((task, closing), return_when=asyncio.FIRST_COMPLETED)
            return task.result() if task.done() else None
        finally:
            task.cancel()
            closing.cancel()
            await asyncio.gather(task, closing, return_exceptions=True)
