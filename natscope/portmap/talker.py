"""Runs one client machine on one UDP socket: carries its commands out, feeds it datagrams, errors and the time."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

from natscope.host.api import Datagram, Failure, Host, HostError, UdpError, UdpSocket
from natscope.machines.api import Closed, Command, Event, Received, Send, Tick
from natscope.machines.portmap_client.timing import took_s, twin_until
from natscope.machines.portmap_client.values import Unreachable

MAX_EVENTS = 256
"""So many events are kept, the newest."""


class ClientMachine(Protocol):
    """What the clients of PCP, NAT-PMP and SSDP have in common."""

    def handle(self, item: Received | Tick | Closed | Unreachable, now: float) -> Sequence[Command | Event]:
        """Take one input."""
        ...

    def deadline(self) -> float | None:
        """When a `Tick` is wanted."""
        ...


class Talker:
    """Owns the socket until `close`. Times are seconds on the host's clock."""

    def __init__(self, host: Host, socket: UdpSocket, machine: ClientMachine) -> None:
        self.events: deque[tuple[float, Event]] = deque(maxlen=MAX_EVENTS)
        self.first_sent_at: float | None = None
        self.packets = self.bytes_sent = self.bytes_received = 0
        self.send_failure = ""
        """Why this host could not send, empty where it could."""
        self._host = host
        self._socket = socket
        self._machine = machine
        self.mark = 0
        """How many events there were so far: what comes later comes after this mark."""
        self._sent: deque[float] = deque(maxlen=MAX_EVENTS)
        self._received: deque[float] = deque(maxlen=MAX_EVENTS)
        self._news = asyncio.Event()
        self._rescheduled = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def local(self) -> str:
        """The socket's own address."""
        return str(self._socket.local)

    def start(self) -> None:
        """Listen from now on."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def close(self) -> None:
        """Close the socket and end the task."""
        self._socket.close()
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    def do(self, commands: Sequence[Command | Event]) -> None:
        """Carry out what a machine wants, and keep what it tells."""
        if any(isinstance(command, Send) for command in commands):
            self._sent.append(self._host.clock.now())
        for command in commands:
            if isinstance(command, Send):
                self._send(command)
            elif isinstance(command, Event):
                self.events.append((self._host.clock.now(), command))
                self.mark += 1
                self._news.set()
        self._rescheduled.set()

    async def wait_for(
        self, wanted: Callable[[Event], bool], until: float, *, since: int = 0
    ) -> tuple[float, Event] | None:
        """The first event of that kind after the mark `since`, None if there was none by `until`."""
        seen = since
        while True:
            for at, event in self.after(seen):
                if wanted(event):
                    return at, event
            seen = self.mark
            self._news.clear()
            remaining = until - self._host.clock.now()
            if remaining <= 0:
                return None
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(remaining):
                    await self._news.wait()

    def after(self, mark: int) -> list[tuple[float, Event]]:
        """The events after a mark, as far as they are kept."""
        count = min(max(self.mark - mark, 0), len(self.events))
        return list(self.events)[len(self.events) - count :]

    async def took_s(self, asked_at: float, answered_at: float) -> float:
        """How long the answer that came at `answered_at` took, in seconds, as far as that is certain.

        `asked_at` is when the machine was told to ask. Where it asked more than once, an answer to the second try is
        waited for. What a machine sends at once is one try.
        """
        sent = [at for at in self._sent if asked_at <= at <= answered_at] or [asked_at]
        await self._host.clock.sleep(max(0.0, twin_until(sent, answered_at) - self._host.clock.now()))
        return took_s(sent, [answered_at, *(at for at in self._received if at > answered_at)])

    def _send(self, command: Send) -> None:
        try:
            at = self._socket.send(command.data, command.target)
        except HostError as error:
            self.send_failure = self.send_failure or error.message
            return
        self.first_sent_at = at if self.first_sent_at is None else self.first_sent_at
        self.packets += 1
        self.bytes_sent += len(command.data)

    async def _run(self) -> None:
        """Until the socket is closed."""
        receiving = asyncio.ensure_future(self._socket.receive())
        try:
            while True:
                self._rescheduled.clear()
                changed = asyncio.ensure_future(self._rescheduled.wait())
                try:
                    await asyncio.wait(
                        {receiving, changed}, timeout=self._wait_s(), return_when=asyncio.FIRST_COMPLETED
                    )
                finally:
                    changed.cancel()
                now = self._host.clock.now()
                if receiving.done():
                    try:
                        item = receiving.result()
                    except HostError as error:
                        self.do(self._machine.handle(Closed(error.message), now))
                        return
                    self._take(item, now)
                    receiving = asyncio.ensure_future(self._socket.receive())
                due = self._machine.deadline()
                if due is not None and due <= now:
                    self.do(self._machine.handle(Tick(), now))
        finally:
            receiving.cancel()

    def _wait_s(self) -> float | None:
        due = self._machine.deadline()
        return None if due is None else max(0.0, due - self._host.clock.now())

    def _take(self, item: Datagram | UdpError, now: float) -> None:
        if isinstance(item, Datagram):
            self.bytes_received += len(item.data)
            self._received.append(now)
            self.do(self._machine.handle(Received(item.data, item.source), now))
            return
        if item.target.ip.is_multicast:
            return
        words = item.words or item.failure.value
        self.do(self._machine.handle(Unreachable(words, item.failure is Failure.REFUSED), now))
