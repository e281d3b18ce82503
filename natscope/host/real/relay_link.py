"""A relay's connection to another relay of its region, on the relay's own epoll loop: no hand-over between threads.

It was opened elsewhere (names, TCP, TLS, greeting) and is taken over here. What comes in is who is there; what goes out
are packets for them, joined like any other client's. What the system does not take waits, and the machine is told.
"""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import time
from abc import ABC, abstractmethod
from collections.abc import Callable

from natscope.errors import NatscopeError
from natscope.machines.derp.counters import End
from natscope.machines.derp.effects import Effects, LinkOwner
from natscope.machines.derp.mesh import learn
from natscope.machines.derp.outlet import Outlet
from natscope.machines.derp.registry import MeshLink
from natscope.machines.derp.relay import Relay
from natscope.machines.derp_client import DerpClientMachine

READ_BYTES = 64 * 1024
READS_PER_TURN = 16


class PeerSocket(LinkOwner, ABC):
    """A non-blocking stream to somebody who takes packets for others; `ended` is called once, in the relay's thread."""

    def __init__(self, sock: socket.socket, relay: Relay, link: Outlet, ended: Callable[[], None]) -> None:
        """Nothing is read before it is adopted by a loop."""
        self.fd = sock.fileno()
        self.unsent = b""
        self._sock = sock
        self._relay = relay
        self._link = link
        self._ended = ended
        self._watch: Callable[[int], None] | None = None
        link.owner = self

    def attached(self, watch: Callable[[int], None]) -> None:
        """A loop has adopted it; `watch` takes the epoll events to wait for, 0 to forget it."""
        self._watch = watch

    def ready(self, now: float) -> Effects:
        """Read and write what there is."""
        effects = Effects()
        if self.unsent:
            self._flush()
        reads = 0
        while reads < READS_PER_TURN or self._is_pending:
            reads += 1
            data = self._read()
            if data is None or self._link.closed:
                break
            if not data:
                self._relay.end(self._link, End.CLIENT, effects)
                break
            self._received(data, now, effects)
            if len(data) < READ_BYTES and not self._is_pending:
                break  # there is no more, or the loop says so
        return effects

    def write(self, data: bytes) -> None:
        """Send frames, or keep what the system does not take."""
        self._send(self.unsent + data if self.unsent else data)

    def end(self) -> None:
        """Close; what was not sent is lost, with the rest that was on its way."""
        if self._watch is not None:
            self._watch(0)
            self._watch = None
            with contextlib.suppress(OSError):
                self._sock.close()
            self._ended()

    @property
    def _is_pending(self) -> bool:
        """TLS holds bytes of which the system knows nothing."""
        return isinstance(self._sock, ssl.SSLSocket) and self._sock.pending() > 0

    @abstractmethod
    def _received(self, data: bytes, now: float, effects: Effects) -> None:
        """A read."""

    def _read(self) -> bytes | None:
        try:
            return self._sock.recv(READ_BYTES)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return None
        except OSError:
            return b""

    def _send(self, data: bytes) -> None:
        view = memoryview(data)
        try:
            while view:
                view = view[self._sock.send(view) :]
        except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
            pass
        except OSError:
            view = view[:0]  # the end is seen by the next read
        was_full, self.unsent = bool(self.unsent), bytes(view)
        if self.unsent and not was_full:
            self._relay.blocked(self._link, time.monotonic())
        if bool(self.unsent) != was_full and self._watch is not None:
            self._watch(select.EPOLLIN | select.EPOLLOUT if self.unsent else select.EPOLLIN)

    def _flush(self) -> None:
        self._send(self.unsent)
        if not self.unsent:
            waited = self._relay.drained(self._link)
            if waited:
                self.write(b"".join(waited))


class LinkSocket(PeerSocket):
    """`sock` is connected, greeted and non-blocking; `ended` is called once, in the relay's thread."""

    def __init__(
        self, sock: socket.socket, machine: DerpClientMachine, relay: Relay, link: MeshLink, ended: Callable[[], None]
    ) -> None:
        """Nothing is read before it is adopted by a loop."""
        super().__init__(sock, relay, link, ended)
        self._machine = machine
        self._mesh_link = link

    def _received(self, data: bytes, now: float, effects: Effects) -> None:
        try:
            step = self._machine.received(data, now)
        except NatscopeError:
            self._relay.end(self._mesh_link, End.PROTOCOL, effects)
            return
        learn(self._relay, self._mesh_link, step.frames, effects)
        if step.send:
            self.write(step.send)
