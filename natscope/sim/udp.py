"""UDP sockets of a simulated host."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from functools import lru_cache

from natscope.host.api import MULTICAST_TTL, Datagram, Failure, HostError, UdpError
from natscope.machines.nat.packet import UDP, IcmpError, Packet, unpack
from natscope.model.endpoint import Endpoint, Family, IPAddress
from natscope.sim.binding import Binder
from natscope.sim.icmp import Complaint, complaint_of, failure_of
from natscope.sim.node import Port
from natscope.sim.stack import ANY, End
from natscope.wire.icmp import describe

QUEUE_DATAGRAMS = 4096
"""Unread datagrams and errors that a socket keeps; more is dropped, as a full receive buffer does."""
MAX_PAYLOAD_BYTES = {4: 65_507, 6: 65_527}
HEADER_BYTES = {4: 28, 6: 48}
DEFAULT_TTL = 64


class SimUdpSocket:
    """One bound, unconnected socket; `overflows` counts what found the queue full."""

    def __init__(self, binder: Binder, local: Endpoint, port: Port | None, *, multicast: bool = False) -> None:
        self._binder = binder
        self._node = binder.node
        self._local = local
        self._port = port
        self._family = local.family
        self._multicast = multicast
        self._bound = None if local.ip.is_unspecified else int(local.ip)
        self._key: End = (ANY[local.family] if self._bound is None else self._bound, local.port)
        self._queue: deque[Datagram | UdpError] = deque()
        self._waiters: deque[asyncio.Future[None]] = deque()
        self._closed = False
        self.overflows = 0
        self._node.stack.udp[self._key] = self

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
        """Send now and return the time; raises `HostError`."""
        if self._closed:
            raise _closed()
        doing = f"cannot send to {target}"
        if target.family != self._family:
            raise HostError(Failure.FAMILY_NOT_SUPPORTED, f"{doing}: the socket is of the other address family")
        if target.ip.is_multicast and not self._multicast:
            raise HostError(Failure.NOT_SUPPORTED, f"{doing}: the socket may not send to groups")
        if len(data) > MAX_PAYLOAD_BYTES[self._family]:
            raise HostError(Failure.MESSAGE_TOO_LONG, f"{doing}: the message is too long for the path")
        source = self._bound
        if source is None:
            source = int(self._binder.source(target.ip, None, self._port.name if self._port else None, doing))
        packet = Packet(
            UDP, source, self._local.port, int(target.ip), target.port, self._family,
            HEADER_BYTES[self._family] + len(data), data, self._ttl(target) if ttl is None else ttl,
        )  # fmt: skip
        packet.tos = tos or 0
        complaint = self._node.send(packet, self._port, dont_fragment=dont_fragment)
        if complaint is Complaint.TOO_BIG:
            raise HostError(Failure.MESSAGE_TOO_LONG, f"{doing}: the message is too long for the path")
        if complaint is Complaint.PROHIBITED:
            raise HostError(Failure.PERMISSION, f"{doing}: this computer's own rules forbid it")
        if complaint is not None:
            raise HostError(Failure.UNREACHABLE_NET, f"{doing}: there is no route to that network")
        return self._node.world.timeline.now

    def _ttl(self, target: Endpoint) -> int:
        return MULTICAST_TTL if target.ip.is_multicast else DEFAULT_TTL

    async def receive(self) -> Datagram | UdpError:
        """The next datagram or error; raises `HostError(CLOSED)` once closed."""
        while not self._queue:
            if self._closed:
                raise _closed()
            await self._wait()
        item = self._queue.popleft()
        if self._queue:
            self._wake()
        return item

    def close(self) -> None:
        """Close; pending receivers end with `HostError(CLOSED)`."""
        if self._closed:
            return
        self._closed = True
        if self._node.stack.udp.get(self._key) is self:
            del self._node.stack.udp[self._key]
        self._queue.clear()
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)

    def take(self, packet: Packet) -> None:
        """A datagram has arrived."""
        if isinstance(packet.payload, bytes):
            source = _endpoint(packet.src, packet.sport, packet.family)
            self._put(Datagram(packet.payload, source, self._node.world.timeline.now, packet.ttl, packet.tos), packet)

    def take_error(self, error: IcmpError) -> None:
        """An ICMP error about a datagram of ours."""
        inner = error.inner
        quoted = inner.payload if isinstance(inner.payload, bytes) else b""
        target = _endpoint(inner.dst, inner.dport, inner.family)
        reporter = unpack(error.src, error.family)
        told = UdpError(
            failure_of(error), target, self._node.world.timeline.now, reporter, quoted,
            describe(error.family, error.icmp_type, error.icmp_code), error.icmp_type, error.icmp_code,
            error.mtu if complaint_of(error) is Complaint.TOO_BIG else None,
        )  # fmt: skip
        self._put(told, error)

    def _put(self, item: Datagram | UdpError, packet: Packet) -> None:
        if len(self._queue) >= QUEUE_DATAGRAMS:
            self.overflows += 1
            self._node.world.note(packet, "socket queue full")
            return
        self._queue.append(item)
        if self._node.world.watch is not None:
            self._node.world.watch.queue(f"the queue of {self._local}", len(self._queue), QUEUE_DATAGRAMS)
        self._wake()

    async def _wait(self) -> None:
        waiter = asyncio.get_running_loop().create_future()
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

    def _wake(self) -> None:
        while self._queue and self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return


class SimUdp:
    """Opens UDP sockets."""

    def __init__(self, binder: Binder) -> None:
        self._binder = binder

    async def open(
        self,
        family: Family,
        *,
        address: IPAddress | None = None,
        port: int = 0,
        interface: str | None = None,
        multicast: bool = False,
    ) -> SimUdpSocket:
        """Bind a socket. Raises `HostError`."""
        where = f" of {interface}" if interface else ""
        doing = f"cannot open an IPv{family} UDP socket on {address or 'any address'} port {port}{where}"
        out = self._binder.interface(interface, doing)
        if multicast and out is None:
            raise HostError(Failure.OTHER, f"{doing}: an interface is needed to send to groups")
        local = self._binder.udp_at(family, address, port, doing)
        return SimUdpSocket(self._binder, local, out, multicast=multicast)


@lru_cache(maxsize=4096)
def _endpoint(ip: int, port: int, family: int) -> Endpoint:
    return Endpoint(unpack(ip, family), port)


def _closed() -> HostError:
    return HostError(Failure.CLOSED, "the socket is closed")
