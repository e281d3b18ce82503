"""A relay on this computer's sockets: accept, TLS, HTTP and frames on one epoll loop, in one thread (Linux).

A ready connection is read once a turn, so that a flood leaves the others their turn. What they sent is gathered, up to
`GATHER_BYTES`, and leaves in one joined write per connection. What the system does not take is kept here, and the
machine is told, so that it queues and drops by its own rules. TLS is OpenSSL in memory, before the socket.

What a usual turn does not need is left out of it: deadlines are asked for again only after something that may have
brought one forward, and one `Effects` serves all reads of packets.
"""

from __future__ import annotations

import contextlib
import math
import os
import select
import socket
import ssl
import time
from collections import deque
from collections.abc import Callable

from natscope.host.real.failures import host_error
from natscope.host.real.relay_accept import Acceptor
from natscope.host.real.relay_guests import Adopted, Decide, everybody, ignore
from natscope.host.real.relay_hello import relay_socket
from natscope.host.real.relay_listen import TcpTimes, listening_socket
from natscope.host.real.relay_socket import RelaySocket
from natscope.host.real.relay_tls import TlsBuffers
from natscope.host.real.sockaddr import from_sockaddr
from natscope.host.real.udp_server import LONGEST_WAIT_S, StopPipe
from natscope.machines.derp.client import Client, State
from natscope.machines.derp.connection import Connection
from natscope.machines.derp.counters import End
from natscope.machines.derp.effects import Effects, LinkOwner
from natscope.machines.derp.frames_in import take_open
from natscope.machines.derp.front import Front
from natscope.machines.derp.outlet import Outlet
from natscope.model.endpoint import Endpoint

NONCE_BYTES = 24
LINGER_S = 2.0  # for a connection that ends to read what was sent last
GATHER_BYTES = 64 * 1024  # read in a turn before what is for others leaves: a bound for memory and delay
MAX_UNSENT_BYTES = 1 << 20
"""More of our own bytes (pongs, pages) on top of what waits already means that nobody reads."""


class RelayLoop:
    """The sockets of one relay. `serve` runs until `stop`, which any thread or signal handler may call."""

    def __init__(
        self, front: Front, decide: Decide = everybody, failed: Callable[[BaseException], None] = ignore
    ) -> None:
        """Nothing listens yet. `failed` hears of faults of ours; each costs the connection that it happened with."""
        self.front = front
        self.faults = 0
        self._decide = decide
        self._failed = failed
        self._epoll = select.epoll()
        self._stop = StopPipe()
        self._stopped = False
        self._listeners: dict[int, tuple[socket.socket, ssl.SSLContext | None]] = {}
        self._sockets: dict[int, RelaySocket] = {}
        self._adopted: dict[int, Adopted] = {}
        self._paused: dict[RelaySocket, float] = {}
        self._ending: dict[RelaySocket, float] = {}
        self._acceptor = Acceptor()
        self._decisions: deque[tuple[Client, bool]] = deque()
        self._posted: deque[Callable[[float], Effects]] = deque()
        self._buffers = TlsBuffers()
        self._effects = Effects()
        self._gathered = 0
        self._due: float | None = None
        self._is_due_old = True
        self._epoll.register(self._stop.fileno(), select.EPOLLIN)

    def listen(self, local: Endpoint, context: ssl.SSLContext | None = None, times: TcpTimes | None = None) -> Endpoint:
        """Listen, encrypted with a context; gives the bound endpoint. Raises `HostError`."""
        try:
            sock = listening_socket(local, times or TcpTimes())
        except OSError as error:
            raise host_error(error, f"cannot listen on TCP {local}") from error
        self._listeners[sock.fileno()] = (sock, context)
        self._epoll.register(sock.fileno(), select.EPOLLIN)
        return from_sockaddr(sock.getsockname())

    def replace_context(self, context: ssl.SSLContext) -> None:
        """New connections get this certificate; those that stand keep theirs."""
        self._listeners = {
            fd: (sock, context if old is not None else None) for fd, (sock, old) in self._listeners.items()
        }

    @property
    def accept_failures(self) -> int:
        """How often the system gave no connection."""
        return self._acceptor.failures

    @property
    def connections(self) -> int:
        """How many stand, whatever their state."""
        return len(self._sockets)

    @property
    def has_unsent(self) -> bool:
        """Whether the system has not taken everything; in the relay's thread."""
        return any(item.unsent for item in self._sockets.values())

    def post(self, act: Callable[[float], Effects]) -> None:
        """Have `act(now)` called between two turns and its effects carried out; from any thread or signal handler."""
        self._posted.append(act)
        self._stop.set()

    def adopt(self, item: Adopted) -> None:
        """Watch one more connection until it says 0 to `watch`; in the relay's thread, between two turns."""

        def watch(events: int) -> None:
            with contextlib.suppress(OSError):
                if events:
                    self._epoll.modify(item.fd, events)
                else:
                    del self._adopted[item.fd]
                    self._epoll.unregister(item.fd)

        self._adopted[item.fd] = item
        self._epoll.register(item.fd, select.EPOLLIN)
        item.attached(watch)

    def stop_listening(self) -> None:
        """Accept nobody any more; connections that stand go on."""
        for fd, (sock, _) in self._listeners.items():
            self._epoll.unregister(fd)
            sock.close()
        self._listeners = {}

    def stop(self) -> None:
        """End `serve`."""
        self._stopped = True
        self._stop.set()

    def serve(self) -> None:
        """Run until `stop`; connections stay open for `close`."""
        while not self._stopped:
            self.turn(self._patience())

    def turn(self, patience_s: float) -> None:
        """Wait for something to happen, at most so long, and handle it."""
        ready = self._epoll.poll(LONGEST_WAIT_S if patience_s < 0 else min(patience_s, LONGEST_WAIT_S))
        now = time.monotonic()
        find = self._sockets.get
        for fd, events in ready:
            item = find(fd)
            try:
                if item is None:
                    self._accept_or_wake(fd)
                elif events == select.EPOLLIN:
                    self._read(item, now)
                else:
                    self._ready(item, events, now)
            except Exception as error:  # whatever a stranger's bytes brought to light, the others go on
                self._fault(item, error, now)
        if self._effects.sends:
            self._deliver(now)
        if self._decisions or self._posted:
            self._others(now)
        if self._paused:
            for paused in [p for p, until in self._paused.items() if until <= now]:
                del self._paused[paused]
                self._watch(paused)
        if self._ending:
            for ending in [e for e, until in self._ending.items() if until <= now]:
                self._drop(ending)
        if self._is_due_old:
            self._is_due_old = False
            self._due = self.front.deadline()
        if self._due is not None and self._due <= now:
            self._carry_out(self.front.tick(now), now)

    def close(self) -> None:
        """Close everything; the loop cannot be used again."""
        for item in list(self._sockets.values()):
            self._drop(item)
        for adopted in list(self._adopted.values()):
            adopted.end()
        for sock, _ in self._listeners.values():
            sock.close()
        self._listeners.clear()
        self._acceptor.close()
        self._epoll.close()
        self._stop.close()

    def _patience(self) -> float:
        if self._is_due_old:
            self._is_due_old = False
            self._due = self.front.deadline()
        until = math.inf if self._due is None else self._due
        for times in (self._paused, self._ending):
            if times:
                until = min(until, *times.values())
        return -1.0 if until == math.inf else max(0.0, until - time.monotonic())

    def _accept_or_wake(self, fd: int) -> None:
        if fd == self._stop.fileno():
            os.read(fd, 4096)  # somebody woke the loop: what for stands elsewhere
        elif fd in self._listeners:
            listener, context = self._listeners[fd]
            for sock, address in self._acceptor.accept(listener):
                self._open(sock, address, context)
        elif fd in self._adopted:
            now = time.monotonic()
            self._carry_out(self._adopted[fd].ready(now), now)

    def _others(self, now: float) -> None:
        """What other threads want done."""
        while self._decisions:
            client, allowed = self._decisions.popleft()
            self._carry_out(self.front.admitted(client, allowed, os.urandom(NONCE_BYTES), now), now)
        while self._posted:
            self._carry_out(self._posted.popleft()(now), now)

    def _open(self, sock: socket.socket, address: Endpoint, context: ssl.SSLContext | None) -> None:
        connection = self.front.opened(address, time.monotonic(), encrypted=context is not None)
        if connection is None:
            sock.close()
            return
        self._is_due_old = True
        try:
            item = relay_socket(sock, connection, context, self._buffers)
        except OSError:
            sock.close()
            self.front.closed(connection)
            return
        connection.driver = item
        self._sockets[item.fd] = item
        self._epoll.register(item.fd, select.EPOLLIN)

    def _ready(self, item: RelaySocket, events: int, now: float) -> None:
        if events & select.EPOLLOUT:
            self._flush(item, now)
        if item.is_open and events & (select.EPOLLIN | select.EPOLLHUP | select.EPOLLERR):
            self._read(item, now)

    def _read(self, item: RelaySocket, now: float) -> None:
        data = item.read()
        if not data:
            if data is not None:
                self._lose(item, now)
            elif item.unsent:
                self._watch(item)  # of the handshake's
            return
        client = item.client
        if client is None:
            self._read_head(item, data, now)
            return
        relay, effects = self.front.relay, self._effects
        relay.counters.bytes_received += len(data)
        take_open(relay, client, data, now, effects)
        self._gathered += len(data)
        if effects.pause_s or effects.closes:
            self._deliver(now)
            self._effects = Effects()
            self._pause(item, effects, now)
            self._carry_out(effects, now)
        elif self._gathered >= GATHER_BYTES:
            self._deliver(now)
        if item.is_over:
            self._lose(item, now)

    def _deliver(self, now: float) -> None:
        """Send what was gathered. A fault on the way costs the connection that it was for."""
        sends, self._effects.sends, self._gathered = self._effects.sends, {}, 0
        for outlet, pieces in sends.items():
            owner = outlet.owner
            try:
                if isinstance(owner, Connection) and owner.websocket is None:
                    to: RelaySocket = owner.driver
                    if to.is_open and not (to.write(b"".join(pieces)) and not to.unsent):
                        self._not_all(to, now)
                else:
                    self._send(outlet, pieces, now)
            except Exception as error:
                self._fault(owner.driver if isinstance(owner, Connection) else None, error, now)

    def _read_head(self, item: RelaySocket, data: bytes, now: float) -> None:
        """What a connection says before packets are all that it says, or inside WebSocket messages."""
        connection = item.connection
        effects = self.front.received(connection, data, now, os.urandom(1)[0] / 255)
        self._pause(item, effects, now)
        self._carry_out(effects, now)
        client = connection.client
        if client is not None and client.state is State.OPEN and connection.websocket is None:
            item.client = client
        if item.is_over:
            self._lose(item, now)

    def _pause(self, item: RelaySocket, effects: Effects, now: float) -> None:
        if effects.pause_s and item.is_open:
            self._paused[item] = now + effects.pause_s
            self._watch(item)

    def _carry_out(self, effects: Effects, now: float) -> None:
        self._is_due_old = True
        if self._effects.sends:
            self._deliver(now)  # packets leave before what is told of their senders
        for connection, raw in effects.raw.items():
            self._write(connection, raw, now)
        for outlet, pieces in effects.sends.items():
            self._send(outlet, pieces, now)
        for outlet, reason in effects.closes:
            if isinstance(outlet.owner, Connection) and isinstance(outlet.owner.driver, RelaySocket):
                self._finish(outlet.owner.driver, reason, now)
            elif isinstance(outlet.owner, LinkOwner):
                outlet.owner.end()
        client = effects.admit
        if client is not None:
            decided = self._decide(client, lambda allowed: self._decided(client, allowed))
            if decided is not None:
                self._carry_out(self.front.admitted(client, decided, os.urandom(NONCE_BYTES), now), now)

    def _decided(self, client: Client, allowed: bool) -> None:
        self._decisions.append((client, allowed))
        self._stop.set()  # wakes the loop

    def _send(self, outlet: Outlet, pieces: list[bytes], now: float) -> None:
        owner = outlet.owner
        if isinstance(owner, Connection):
            self._write(owner, owner.ready(pieces), now)
        elif isinstance(owner, LinkOwner):
            owner.write(b"".join(pieces))
            self._is_due_old = True  # it may be full now

    def _write(self, connection: Connection, data: bytes, now: float) -> None:
        item: RelaySocket = connection.driver
        if item.is_open and not (item.write(data) and not item.unsent):
            self._not_all(item, now)

    def _not_all(self, item: RelaySocket, now: float) -> None:
        """The system took less than everything, or the connection is gone."""
        was_full = item.connection.outlet.blocked_since is not None
        if not item.unsent or (was_full and len(item.unsent) > MAX_UNSENT_BYTES):
            self._lose(item, now)
        else:
            self._is_due_old = True
            self.front.blocked(item.connection, now)
            self._watch(item)

    def _flush(self, item: RelaySocket, now: float) -> None:
        if not item.write(b""):
            self._lose(item, now)
        elif not item.unsent:
            if item.is_ending:
                self._drop(item)
                return
            pieces = self.front.drained(item.connection, now)
            self._watch(item)
            if pieces:
                self._write(item.connection, item.connection.ready(pieces), now)

    def _watch(self, item: RelaySocket) -> None:
        """Ask for what it waits for: nothing is read while it is paused, or while a page of ours waits to be read."""
        held = item in self._paused or item.is_ending or (bool(item.unsent) and item.connection.client is None)
        mask = 0 if held else select.EPOLLIN
        if item.unsent:
            mask |= select.EPOLLOUT
        if mask != item.mask:
            item.mask = mask
            with contextlib.suppress(OSError):
                self._epoll.modify(item.fd, mask)

    def _finish(self, item: RelaySocket, reason: End, now: float) -> None:
        """Close once everything is sent, or a little later; at once where nobody reads."""
        item.is_ending = True
        item.client = None
        if reason is End.SLOW:
            item.forget()
        if item.unsent and item.is_open:
            self._ending.setdefault(item, now + LINGER_S)
            self._watch(item)
        else:
            self._drop(item)

    def _fault(self, item: RelaySocket | None, error: BaseException, now: float) -> None:
        """Something of ours went wrong with a connection: it ends. What was gathered for others stays."""
        self.faults, self._effects = self.faults + 1, Effects(sends=self._effects.sends)
        self._failed(error)
        if item is not None:
            self._lose(item, now)

    def _lose(self, item: RelaySocket, now: float) -> None:
        if item.is_open:
            self._drop(item)
            self._carry_out(self.front.closed(item.connection), now)

    def _drop(self, item: RelaySocket) -> None:
        if self._sockets.pop(item.fd, None) is not None:
            self._paused.pop(item, None)
            self._ending.pop(item, None)
            with contextlib.suppress(OSError):
                self._epoll.unregister(item.fd)
            item.close()
