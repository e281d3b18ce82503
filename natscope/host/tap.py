"""Takes down what passes the UDP sockets and the echoes of any host, as a packet capture.

A socket does not see whole packets, so they are made up again: addresses, ports, payloads, TTL and type of service are
real, checksums are computed, everything else is what it usually is. TCP and the system's own name look-ups do not pass
here. Bounded: what comes after `MAX_BYTES` is counted and not kept.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import msgspec

from natscope.errors import LocalError
from natscope.host.api import Clock, Datagram, EchoReply, Host, Icmp, Links, Udp, UdpError, UdpSocket
from natscope.model.endpoint import Endpoint, Family, IPAddress
from natscope.wire import pcapng
from natscope.wire.ip_packets import echo_packet, error_packet, udp_packet

MAX_BYTES = 64 * 1024 * 1024
_ECHO_IDENTIFIER = 0x6E73
AnyHost = TypeVar("AnyHost", bound=Host)


class _Taken(msgspec.Struct, frozen=True):
    """One packet, made up once our own address is known: `make` gets it, None where there is no route."""

    at: float
    outbound: bool
    toward: IPAddress
    own: IPAddress | None
    make: Callable[[IPAddress], bytes]
    comment: str = ""


class Tap:
    """Wrap a host, run, then ask for the capture."""

    def __init__(self, host: Host) -> None:
        self._clock: Clock = host.clock
        self._links: Links = host.links
        self._offset_s = host.clock.utc().timestamp() - host.clock.now()
        self._taken: list[_Taken] = []
        self._bytes = 0
        self._sequences = itertools.count(1)
        self.dropped = 0
        """Packets that came after the bound."""

    def wrap(self, host: AnyHost) -> AnyHost:
        """The same host, whose datagrams and echoes are taken down."""
        return replace(host, udp=_TappedUdp(host.udp, self), icmp=_TappedIcmp(host.icmp, self))

    async def capture(self, application: str) -> bytes:
        """Everything so far as a pcapng file, in order of time."""
        own: dict[IPAddress, IPAddress | None] = {}
        blocks = [pcapng.head(application, "natscope")]
        for taken in sorted(self._taken, key=lambda t: t.at):
            address = taken.own
            if address is None or address.is_unspecified:
                if taken.toward not in own:
                    own[taken.toward] = await self._links.source_for(taken.toward)
                address = own[taken.toward] or address
            if address is None:
                continue
            try:
                data = taken.make(address)
            except LocalError:
                continue  # longer than any packet: it never left either
            time_ns = round((taken.at + self._offset_s) * 1e9)
            blocks.append(pcapng.packet(data, time_ns, outbound=taken.outbound, comment=taken.comment))
        return b"".join(blocks)

    def take(self, taken: _Taken, size: int) -> None:
        """Keep one packet of about that size."""
        if self._bytes + size > MAX_BYTES:
            self.dropped += 1
            return
        self._bytes += size
        self._taken.append(taken)

    def next_echo(self) -> int:
        """A sequence number."""
        return next(self._sequences) & 0xFFFF

    def now(self) -> float:
        """On the host's clock."""
        return self._clock.now()


class _TappedSocket:
    def __init__(self, inner: UdpSocket, tap: Tap) -> None:
        self._inner = inner
        self._tap = tap

    @property
    def local(self) -> Endpoint:
        """The bound address and port."""
        return self._inner.local

    def send(
        self,
        data: bytes,
        target: Endpoint,
        *,
        ttl: int | None = None,
        tos: int | None = None,
        dont_fragment: bool | None = None,
    ) -> float:
        """Send, and take down what left."""
        at = self._inner.send(data, target, ttl=ttl, tos=tos, dont_fragment=dont_fragment)
        local = self.local

        def make(own: IPAddress) -> bytes:
            source = Endpoint(own, local.port)
            return udp_packet(source, target, data, ttl=ttl, tos=tos, dont_fragment=dont_fragment)

        self._tap.take(_Taken(at, True, target.ip, local.ip, make), len(data))
        return at

    async def receive(self) -> Datagram | UdpError:
        """The next datagram or error, taken down."""
        item = await self._inner.receive()
        local = self.local
        if isinstance(item, Datagram):
            self._tap.take(
                _Taken(item.received_at, False, item.source.ip, local.ip, _arrived(item, local)), len(item.data)
            )
        elif item.icmp_type is not None and item.icmp_code is not None:
            self._tap.take(
                _Taken(item.received_at, False, item.target.ip, local.ip, _error(item, local)), len(item.data)
            )
        return item

    def close(self) -> None:
        """Close."""
        self._inner.close()


def _arrived(datagram: Datagram, local: Endpoint) -> Callable[[IPAddress], bytes]:
    def make(own: IPAddress) -> bytes:
        target = Endpoint(own, local.port)
        return udp_packet(datagram.source, target, datagram.data, ttl=datagram.ttl, tos=datagram.tos)

    return make


def _error(error: UdpError, local: Endpoint) -> Callable[[IPAddress], bytes]:
    def make(own: IPAddress) -> bytes:
        quoted = udp_packet(Endpoint(own, local.port), error.target, error.data)
        numbers = (error.icmp_type or 0, error.icmp_code or 0)
        return error_packet(error.reporter or error.target.ip, own, numbers, quoted, mtu=error.mtu or 0)

    return make


class _TappedUdp:
    def __init__(self, inner: Udp, tap: Tap) -> None:
        self._inner = inner
        self._tap = tap

    async def open(
        self,
        family: Family,
        *,
        address: IPAddress | None = None,
        port: int = 0,
        interface: str | None = None,
        multicast: bool = False,
    ) -> _TappedSocket:
        """Bind a socket that is listened to. Raises `HostError`."""
        inner = await self._inner.open(family, address=address, port=port, interface=interface, multicast=multicast)
        return _TappedSocket(inner, self._tap)


class _TappedIcmp:
    def __init__(self, inner: Icmp, tap: Tap) -> None:
        self._inner = inner
        self._tap = tap

    async def echo(self, target: IPAddress, *, payload: bytes, timeout_s: float) -> EchoReply:
        """One echo, taken down with its answer. Raises `HostError`."""
        sequence, at = self._tap.next_echo(), self._tap.now()

        def ask(own: IPAddress) -> bytes:
            return echo_packet(own, target, payload, identifier=_ECHO_IDENTIFIER, sequence=sequence, reply=False)

        self._tap.take(_Taken(at, True, target, None, ask, "an echo as it usually looks"), len(payload))
        reply = await self._inner.echo(target, payload=payload, timeout_s=timeout_s)
        if reply.failure is None:

            def answer(own: IPAddress) -> bytes:
                return echo_packet(
                    reply.source, own, payload, identifier=_ECHO_IDENTIFIER, sequence=sequence, reply=True
                )

            self._tap.take(_Taken(at + reply.rtt_s, False, target, None, answer), len(payload))
        return reply
