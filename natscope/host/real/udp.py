"""UDP sockets of this computer, on the running event loop."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import time
from collections import deque

from natscope.host.api import Datagram, Failure, HostError, UdpError
from natscope.host.real.error_queue import ask_for_errors, read_error
from natscope.host.real.failures import host_error
from natscope.host.real.kernel_time import ANCILLARY_BYTES, ask_for_stamps, received_at
from natscope.host.real.sockaddr import (
    allow_multicast,
    bind_to_interface,
    family_constant,
    from_sockaddr,
    to_sockaddr,
    wildcard,
)
from natscope.host.real.udp_options import ask_for_headers, sending_with, told_headers
from natscope.model.endpoint import Endpoint, Family, IPAddress

QUEUE_DATAGRAMS = 4096
"""Above this many unread datagrams the socket is left alone, and the kernel's buffer is the bound."""
_DRAIN_DATAGRAMS = 256
"""At most so many per wake-up, so that a flood does not starve the rest of the program."""
_MAX_DATAGRAM = 65_535
_BUFFER_BYTES = 4 * 1024 * 1024
_SEND_TRIES = 4


class RealUdpSocket:
    """One bound, unconnected socket; reads everything that waits whenever the loop says it is readable."""

    def __init__(self, sock: socket.socket, family: Family, *, multicast: bool = False) -> None:
        self._sock = sock
        self._family = family
        self._multicast = multicast
        self._loop = asyncio.get_running_loop()
        self._queue: deque[Datagram | UdpError] = deque()
        self._waiters: deque[asyncio.Future[None]] = deque()
        self._closed = False
        self._paused = False
        self._local = from_sockaddr(sock.getsockname())
        self._loop.add_reader(sock.fileno(), self._on_readable)

    @property
    def local(self) -> Endpoint:
        """The bound address and port."""
        return self._local

    def send(
        self,
        data: bytes,
        target: Endpoint,
        *,
        ttl: int | None = None,
        tos: int | None = None,
        dont_fragment: bool | None = None,
    ) -> float:
        """Send now and return the time just before the call; raises `HostError`.

        An ICMP error about an earlier datagram makes the next call fail in its stead: it is queued for `receive`, and
        the call is made again.
        """
        if self._closed:
            raise _closed()
        if target.ip.is_multicast and not self._multicast:
            raise HostError(Failure.NOT_SUPPORTED, f"cannot send to {target}: the socket may not send to groups")
        if ttl is None and tos is None and dont_fragment is None:
            return self._send(data, target)
        try:
            with sending_with(self._sock, self._family, ttl=ttl, tos=tos, dont_fragment=dont_fragment):
                return self._send(data, target)
        except OSError as error:
            raise host_error(error, f"cannot send to {target} in that way") from error

    def _send(self, data: bytes, target: Endpoint) -> float:
        try:
            address = to_sockaddr(target)
            for _ in range(_SEND_TRIES):
                sent_at = time.monotonic()
                try:
                    self._sock.sendto(data, address)
                except OSError as error:
                    refusal = error
                    if not self._read_errors():
                        break
                else:
                    return sent_at
        except OSError as error:  # a zone that does not exist
            refusal = error
        raise host_error(refusal, f"cannot send to {target}") from refusal

    async def receive(self) -> Datagram | UdpError:
        """The next datagram or error; raises `HostError(CLOSED)` once closed."""
        while not self._queue:
            if self._closed:
                raise _closed()
            waiter = self._loop.create_future()
            self._waiters.append(waiter)
            try:
                await waiter
            except asyncio.CancelledError:
                if waiter.done() and not waiter.cancelled():
                    self._wake()  # woken and cancelled at once: the next receiver takes the turn
                raise
            finally:
                with contextlib.suppress(ValueError):
                    self._waiters.remove(waiter)
        item = self._queue.popleft()
        if self._queue:
            self._wake()
        if self._paused and len(self._queue) < QUEUE_DATAGRAMS // 2:
            self._paused = False
            self._loop.add_reader(self._sock.fileno(), self._on_readable)
        return item

    def close(self) -> None:
        """Close; pending receivers end with `HostError(CLOSED)`."""
        if self._closed:
            return
        self._closed = True
        self._loop.remove_reader(self._sock.fileno())
        self._sock.close()
        self._queue.clear()
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)

    def _on_readable(self) -> None:
        for _ in range(_DRAIN_DATAGRAMS):
            if len(self._queue) >= QUEUE_DATAGRAMS:
                self._paused = True
                self._loop.remove_reader(self._sock.fileno())
                break
            if not self._read_one():
                break
        self._wake()

    def _read_one(self) -> bool:
        try:
            data, ancillary, _flags, source = self._sock.recvmsg(_MAX_DATAGRAM, ANCILLARY_BYTES)
        except (BlockingIOError, InterruptedError):
            # A socket that is "readable" with nothing to read has errors waiting whose errno was already taken.
            return self._read_errors()
        except OSError as error:
            return self._read_errors() or error.errno not in (errno.EBADF, errno.ENOTSOCK)
        self._queue.append(Datagram(data, from_sockaddr(source), received_at(ancillary), *told_headers(ancillary)))
        return True

    def _read_errors(self) -> bool:
        """Move what waits in the error queue to the receivers; whether there was anything from the network."""
        found = False
        while len(self._queue) < QUEUE_DATAGRAMS and (queued := read_error(self._sock)) is not None:
            if queued.local:
                continue  # `send` has raised it
            found = True
            self._queue.append(
                UdpError(
                    queued.failure,
                    from_sockaddr(queued.target),
                    queued.received_at,
                    queued.reporter,
                    queued.quoted,
                    queued.words,
                    queued.icmp_type,
                    queued.icmp_code,
                    queued.mtu,
                )
            )
        if found:
            self._wake()
        return found

    def _wake(self) -> None:
        while self._queue and self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return


class RealUdp:
    """Opens UDP sockets."""

    async def open(
        self,
        family: Family,
        *,
        address: IPAddress | None = None,
        port: int = 0,
        interface: str | None = None,
        multicast: bool = False,
    ) -> RealUdpSocket:
        """Bind a non-blocking socket with a large receive buffer; IPv6 sockets carry IPv6 only. Raises `HostError`."""
        local = Endpoint(address if address is not None else wildcard(family), port)
        doing = f"cannot open an IPv{family} UDP socket on {local}" + (f" of {interface}" if interface else "")
        try:
            sock = socket.socket(family_constant(family), socket.SOCK_DGRAM)
        except OSError as error:
            raise host_error(error, doing) from error
        try:
            _prepare(sock, family)
            if interface is not None:
                bind_to_interface(sock, family, interface)
            if multicast:
                allow_multicast(sock, family, interface)
            sock.bind(to_sockaddr(local))
            return RealUdpSocket(sock, family, multicast=multicast)
        except OSError as error:
            sock.close()
            raise host_error(error, doing) from error


def _prepare(sock: socket.socket, family: Family) -> None:
    sock.setblocking(False)
    if family == 6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, option, _BUFFER_BYTES)
    ask_for_stamps(sock)
    ask_for_errors(sock, family)
    ask_for_headers(sock, family)


def _closed() -> HostError:
    return HostError(Failure.CLOSED, "the socket is closed")
