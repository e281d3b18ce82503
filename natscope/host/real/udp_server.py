"""Sockets of a UDP server, how its blocking loop is stopped, and the portable loop itself.

`serve_portably` is the loop for systems without recvmmsg; `natscope.host.real.udp_batch` is the fast one.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import sys
import time
from collections.abc import Callable, Sequence
from typing import TypeAlias

from natscope.host.real.failures import host_error
from natscope.host.real.sockaddr import SockAddr, family_constant, from_sockaddr, to_sockaddr
from natscope.host.real.udp_options import ask_for_marks
from natscope.model.endpoint import Endpoint

RECEIVE_BUFFER_BYTES = 8 * 1024 * 1024
DRAIN_DATAGRAMS = 64
"""At most so many from one socket before the others get their turn."""
_LINUX_IP_PKTINFO = 8
_LINUX_IP_MTU_DISCOVER = 10
_LINUX_IP_PMTUDISC_DO = 2
_LINUX_IPV6_RECVPKTINFO = 49
_LINUX_SO_RCVBUFFORCE = 33
_ANCILLARY_BYTES = 64


LONGEST_WAIT_S = 1.0
"""A signal that comes just before a wait wakes nobody: Python runs its handler only when the wait is over."""


class StopPipe:
    """Ends a blocking loop from a signal handler or another thread."""

    def __init__(self) -> None:
        self._read, self._write = os.pipe()
        os.set_blocking(self._write, False)

    def fileno(self) -> int:
        """Readable once `set` was called."""
        return self._read

    def set(self) -> None:
        """End the loop; may be called from a signal handler, and more than once."""
        with contextlib.suppress(OSError):
            self._write_one()

    def close(self) -> None:
        """Give the descriptors back."""
        os.close(self._read)
        os.close(self._write)

    def _write_one(self) -> None:
        os.write(self._write, b"x")


def open_server_socket(local: Endpoint, *, answers_are_small: bool = False, marks: bool = False) -> socket.socket:
    """A non-blocking UDP socket bound to `local` with a large receive buffer. Raises `HostError`.

    Small answers never need fragments: they go out with don't-fragment, which saves Linux the choice of an IP id (4 %
    of the time of an answer). On a wildcard address of Linux it learns each datagram's destination, so that the answer
    can leave from there. `marks`: it learns each datagram's type of service too, where the system tells.
    """
    doing = f"cannot listen on UDP {local}"
    family = local.family
    try:
        sock = socket.socket(family_constant(family), socket.SOCK_DGRAM)
    except OSError as error:
        raise host_error(error, doing) from error
    try:
        sock.setblocking(False)
        if family == 6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        _widen(sock)
        if answers_are_small and family == 4 and sys.platform == "linux":
            sock.setsockopt(socket.IPPROTO_IP, _LINUX_IP_MTU_DISCOVER, _LINUX_IP_PMTUDISC_DO)
        if wants_destinations(local):
            level, option = (
                (socket.IPPROTO_IP, _LINUX_IP_PKTINFO)
                if family == 4
                else (socket.IPPROTO_IPV6, _LINUX_IPV6_RECVPKTINFO)
            )
            sock.setsockopt(level, option, 1)
        if marks:
            ask_for_marks(sock, family)
        sock.bind(to_sockaddr(local))
    except OSError as error:
        sock.close()
        raise host_error(error, doing) from error
    return sock


def bound_endpoint(sock: socket.socket) -> Endpoint:
    """Where the socket is bound; port 0 has become a real one."""
    return from_sockaddr(sock.getsockname())


def packed_source(address: SockAddr) -> bytes:
    """A sender as 2 bytes of port and 4 or 16 of address."""
    port = address[1].to_bytes(2, "big")
    if len(address) == 2:
        return port + socket.inet_aton(address[0])
    return port + socket.inet_pton(socket.AF_INET6, address[0].partition("%")[0])


def wants_destinations(local: Endpoint) -> bool:
    """Whether datagrams to this socket can have come to different addresses of ours."""
    return local.ip.is_unspecified and sys.platform == "linux"


def _widen(sock: socket.socket) -> None:
    """As root beyond the system's limit, else up to it; a small buffer only loses datagrams earlier."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, _LINUX_SO_RCVBUFFORCE, RECEIVE_BUFFER_BYTES)
            return
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)


Outgoing: TypeAlias = "tuple[int, bytes, int, int | None]"
"""Socket number, answer, which of the datagrams it answers, and the port it goes to if not the sender's."""
Elsewhere: TypeAlias = "tuple[int, bytes, Endpoint]"
"""Socket number, datagram, and somebody who sent none of those that were handled."""
PortableHandler: TypeAlias = (
    "Callable[[int, list[bytes], list[SockAddr], float], tuple[list[Outgoing], list[Elsewhere]]]"
)
"""Socket number, datagrams, their senders, time -> answers, and what goes elsewhere."""


def serve_portably(
    sockets: Sequence[socket.socket],
    handle: PortableHandler,
    stop: StopPipe,
    *,
    limit_bytes: int,
    on_send_failure: Callable[[], None],
) -> None:
    """Answer datagrams until `stop`; reads up to `limit_bytes` + 1 of each, so that longer ones can be told."""
    with selectors.DefaultSelector() as selector:
        selector.register(stop, selectors.EVENT_READ, -1)
        for number, sock in enumerate(sockets):
            selector.register(sock, selectors.EVENT_READ, number)
        is_wildcard = [wants_destinations(bound_endpoint(sock)) for sock in sockets]
        while True:
            ready = [key.data for key, _ in selector.select(LONGEST_WAIT_S)]
            if -1 in ready:
                return
            for number in ready:
                drain = _drain_wildcard if is_wildcard[number] else _drain
                for via, data, target in drain(sockets, number, handle, limit_bytes + 1, on_send_failure):
                    try:
                        sockets[via].sendto(data, to_sockaddr(target))
                    except OSError:
                        on_send_failure()


def _drain(
    sockets: Sequence[socket.socket],
    number: int,
    handle: PortableHandler,
    size: int,
    on_send_failure: Callable[[], None],
) -> list[Elsewhere]:
    receive = sockets[number].recvfrom
    datagrams, senders = [], []
    with contextlib.suppress(OSError):  # nothing waits, or an ICMP error of an earlier answer: nobody's concern here
        for _ in range(DRAIN_DATAGRAMS):
            data, sender = receive(size)
            datagrams.append(data)
            senders.append(sender)
    answers, elsewhere = handle(number, datagrams, senders, time.monotonic())
    for via, answer, row, port in answers:
        target = senders[row] if port is None else (senders[row][0], port, *senders[row][2:])
        try:
            sockets[via].sendto(answer, target)
        except OSError:
            on_send_failure()
    return elsewhere


def _drain_wildcard(
    sockets: Sequence[socket.socket],
    number: int,
    handle: PortableHandler,
    size: int,
    on_send_failure: Callable[[], None],
) -> list[Elsewhere]:
    """The same for a wildcard socket: answers leave from the address that was asked, by any interface."""
    sock = sockets[number]
    datagrams, senders, destinations = [], [], []
    with contextlib.suppress(OSError):
        for _ in range(DRAIN_DATAGRAMS):
            data, destination, _flags, sender = sock.recvmsg(size, _ANCILLARY_BYTES)
            datagrams.append(data)
            senders.append(sender)
            destinations.append([(level, kind, _any_interface(level, value)) for level, kind, value in destination])
    answers, elsewhere = handle(number, datagrams, senders, time.monotonic())
    for via, answer, row, port in answers:
        target = senders[row] if port is None else (senders[row][0], port, *senders[row][2:])
        try:
            sockets[via].sendmsg([answer], destinations[row], 0, target)
        except OSError:
            on_send_failure()
    return elsewhere


def _any_interface(level: int, value: bytes) -> bytes:
    """The control data without the interface number: first in IPv4's, last in IPv6's."""
    return bytes(4) + value[4:] if level == socket.IPPROTO_IP else value[:16] + bytes(4)
