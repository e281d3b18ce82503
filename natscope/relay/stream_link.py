"""A link to another relay on a stream of a `Host`, for relays that serve there: everything in one asyncio loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from natscope.errors import NatscopeError
from natscope.host.api import Host, HostError, Stream
from natscope.machines.derp.counters import End
from natscope.machines.derp.effects import Effects, LinkOwner
from natscope.machines.derp.mesh import learn
from natscope.machines.derp.registry import MeshLink
from natscope.machines.derp_client import DerpClientMachine
from natscope.relay.seams import RelayHandle
from natscope.wire.derp.frames import Frame

READ_BYTES = 64 * 1024
KEEP_BYTES = 1 << 20
"""What the stream has not taken; beyond, the relay's machine queues and drops by its own rules."""


class StreamLink(LinkOwner):
    """One task reads, one writes. `ended` is called once."""

    def __init__(
        self, host: Host, relay: RelayHandle, stream: Stream, machine: DerpClientMachine, link: MeshLink,
        ended: Callable[[], None],
    ) -> None:  # fmt: skip
        """Begins at once."""
        self._host = host
        self._relay = relay
        self._stream = stream
        self._machine = machine
        self._link = link
        self._ended = ended
        self._out = bytearray()
        self._given = asyncio.Event()
        self._is_full = False
        link.owner = self
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self._read_loop()), loop.create_task(self._write_loop())]

    def write(self, data: bytes) -> None:
        """Send frames."""
        self._out += data
        self._given.set()
        if len(self._out) > KEEP_BYTES and not self._is_full:
            self._is_full = True
            self._relay.post(self._blocked)

    def end(self) -> None:
        """Close."""
        tasks, self._tasks = self._tasks, []
        if tasks:
            for task in tasks:
                task.cancel()
            closing = asyncio.get_running_loop().create_task(self._stream.close())
            closing.add_done_callback(lambda _: self._ended())

    async def _read_loop(self) -> None:
        reason = End.CLIENT
        try:
            while data := await self._stream.read(READ_BYTES):
                step = self._machine.received(data, self._host.clock.now())
                self._relay.post(lambda now, frames=step.frames: self._learn(frames))  # type: ignore[misc]
                if step.send:
                    self.write(step.send)
        except HostError:
            pass
        except NatscopeError:
            reason = End.PROTOCOL
        self._relay.post(lambda now: self._lost(reason))

    async def _write_loop(self) -> None:
        try:
            while True:
                await self._given.wait()
                self._given.clear()
                data, self._out = bytes(self._out), bytearray()
                if data:
                    await self._stream.write(data)
                if self._is_full and not self._out:
                    self._is_full = False
                    self._relay.post(self._drained)
        except HostError:
            self._relay.post(lambda now: self._lost(End.CLIENT))

    def _learn(self, frames: list[Frame]) -> Effects:
        effects = Effects()
        learn(self._relay.front.relay, self._link, frames, effects)
        return effects

    def _lost(self, reason: End) -> Effects:
        effects = Effects()
        self._relay.front.relay.end(self._link, reason, effects)
        return effects

    def _blocked(self, now: float) -> Effects:
        self._relay.front.relay.blocked(self._link, now)
        return Effects()

    def _drained(self, now: float) -> Effects:
        effects = Effects()
        waited = self._relay.front.relay.drained(self._link)
        if waited:
            effects.to(self._link).extend(waited)
        return effects
