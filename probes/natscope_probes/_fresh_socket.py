"""UDP sockets that only one probe uses: what a router does with a new local port shows on nothing else.

A socket asks STUN servers, takes their answers by transaction id and source, and keeps whatever else arrives, because
for some questions that is the answer. All sockets of a group ring one bell.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import msgspec

from natscope.errors import RemoteError
from natscope.host.api import Datagram, HostError, UdpError, UdpSocket
from natscope.model.address_space import is_inside
from natscope.model.endpoint import Endpoint, Family, IPAddress
from natscope.wire.stun.attributes import Attr, RawAttribute
from natscope.wire.stun.message import (
    BINDING,
    TAILSCALE_SOFTWARE,
    Message,
    MessageClass,
    RequestForm,
    decode,
    encode,
    encode_binding_request,
)  # fmt: skip

if TYPE_CHECKING:
    from natscope.plugins.probe_context import ProbeContext

MAX_STRANGERS = 64
"""Datagrams kept that answer no request of ours."""
PORTS = (20_000, 60_000)
"""Where local ports are drawn: free of well-known ones, and scattered, so that a pattern is the router's own."""
TRIES = 8
SLACK_S = 0.0002
"""A time that is so near has come: timers and clocks round differently."""


class Question(msgspec.Struct):
    """One request and what came of it. Times are seconds on the host's clock; `told` is MAPPED-ADDRESS as it stands."""

    target: Endpoint
    transaction_id: bytes
    sent_at: float
    bytes_sent: int = 0
    answered_at: float | None = None
    bytes_received: int = 0
    mapped: Endpoint | None = None
    told: Endpoint | None = None
    xored: Endpoint | None = None
    answer: Message | None = None


class Stranger(msgspec.Struct, frozen=True):
    """A STUN message that answers nothing this socket asked."""

    message: Message
    source: Endpoint
    received_at: float


class FreshSocket:
    """One socket and its open requests."""

    def __init__(self, ctx: ProbeContext, socket: UdpSocket, ring: Callable[[], None]) -> None:
        self._ctx = ctx
        self._socket = socket
        self._ring = ring
        self._by_id: dict[bytes, Question] = {}
        self.strangers: list[Stranger] = []
        self.questions: list[Question] = []
        self._reader = asyncio.get_running_loop().create_task(self._read())

    @property
    def local(self) -> Endpoint:
        """The bound address (may be the wildcard) and port."""
        return self._socket.local

    @property
    def mapped(self) -> Endpoint | None:
        """What the last answer told."""
        return next((q.mapped for q in reversed(self.questions) if q.mapped is not None), None)

    def ask(self, target: Endpoint, attributes: Sequence[RawAttribute] = ()) -> Question:
        """Send a request in the form that relays answer; further `attributes` are for servers that know them.

        `bytes_sent` stays 0 where it could not leave.
        """
        identity = self._ctx.host.rng.bytes(12)
        data = _request(identity, attributes)
        question = Question(target, identity, self._ctx.host.clock.now())
        self._by_id[identity] = question
        self.questions.append(question)
        question.sent_at, question.bytes_sent = self.send(data, target)
        return question

    def send(self, data: bytes, target: Endpoint) -> tuple[float, int]:
        """Send a datagram; the time and how many bytes left, 0 where the system refused."""
        try:
            return self._socket.send(data, target), len(data)
        except HostError:
            return self._ctx.host.clock.now(), 0

    async def close(self) -> None:
        """Stop reading and close the socket."""
        self._reader.cancel()
        await asyncio.gather(self._reader, return_exceptions=True)
        self._socket.close()

    async def _read(self) -> None:
        while True:
            try:
                item = await self._socket.receive()
            except HostError:
                return
            if not isinstance(item, UdpError):
                self._take(item)
                self._ring()

    def _take(self, datagram: Datagram) -> None:
        try:
            message = decode(datagram.data)
        except RemoteError:
            return
        if message.classic or message.method != BINDING:
            return
        question = self._by_id.get(message.transaction_id)
        answers = message.message_class in (MessageClass.SUCCESS, MessageClass.ERROR)
        if question is None or not answers or datagram.source != question.target:
            if len(self.strangers) < MAX_STRANGERS:
                self.strangers.append(Stranger(message, datagram.source, datagram.received_at))
            return
        if question.answered_at is None:
            question.answered_at, question.bytes_received = datagram.received_at, len(datagram.data)
            question.mapped, question.answer = message.mapped_address, message
            question.told, question.xored = message.mapped, message.xor_mapped


def _request(identity: bytes, attributes: Sequence[RawAttribute]) -> bytes:
    if not attributes:
        return encode_binding_request(identity, RequestForm.TAILSCALE)
    software = (int(Attr.SOFTWARE), TAILSCALE_SOFTWARE)
    return encode(MessageClass.REQUEST, identity, [software, *attributes], fingerprint=True)


class FreshSockets:
    """A group of sockets with one bell; closes them all, also when cancelled."""

    def __init__(self, ctx: ProbeContext) -> None:
        self._ctx = ctx
        self._bell = asyncio.Event()
        self.sockets: list[FreshSocket] = []

    async def __aenter__(self) -> FreshSockets:
        """Nothing is open yet."""
        return self

    async def __aexit__(self, *_error: object) -> None:
        """Close what was opened."""
        for socket in self.sockets:
            await socket.close()

    async def open(self, family: Family, port: int = 0, address: IPAddress | None = None) -> FreshSocket:
        """A socket, on the address and interface that the user asked for. Raises `HostError`."""
        options = self._ctx.options
        if address is None and options.bind_address:
            address = ipaddress.ip_address(options.bind_address)
        found = await self._ctx.host.udp.open(family, address=address, port=port, interface=options.interface or None)
        socket = FreshSocket(self._ctx, found, self._bell.set)
        self.sockets.append(socket)
        return socket

    async def open_scattered(self, family: Family) -> FreshSocket:
        """A socket on a drawn port. Raises `HostError`."""
        return (await self.open_row(family, 1))[0]

    async def open_row(self, family: Family, count: int) -> list[FreshSocket]:
        """`count` sockets on neighbouring ports, the first one even, drawn. Raises `HostError`."""
        low, high = PORTS
        for left in reversed(range(TRIES)):
            first = low + 2 * self._ctx.host.rng.below((high - low) // 2)
            row: list[FreshSocket] = []
            try:
                for port in range(first, first + count):
                    row.append(await self.open(family, port))
            except HostError:
                for socket in row:
                    self.sockets.remove(socket)
                    await socket.close()
                if left == 0:
                    raise
            else:
                return row
        raise AssertionError("unreachable")

    async def wait(self, until: float, done: Callable[[], bool]) -> bool:
        """Until `done` says so (then True) or the time on the host's clock is over."""
        while not done():
            remaining = until - self._ctx.host.clock.now()
            if remaining <= SLACK_S:
                return False
            self._bell.clear()
            waiter = asyncio.get_running_loop().create_task(self._bell.wait())
            try:
                await asyncio.wait((waiter,), timeout=remaining)
            finally:
                waiter.cancel()
        return True


async def translated_by(ctx: ProbeContext, family: Family, count: int) -> list[Endpoint]:
    """Servers that saw another address or port than ours, the fastest first, one an address; empty without a NAT.

    A server that sees a public address comes before one that sees an inner one: it stands behind more of the way.
    """
    channel = ctx.stun(family)
    if channel is None:
        return []
    best: dict[Endpoint, tuple[bool, float]] = {}
    for exchange in ctx.exchanges():
        target, mapped = exchange.target, exchange.mapped
        if exchange.answered_at is None or target.family != family or mapped is None:
            continue
        ours = channel.local.ip
        if ours.is_unspecified:
            ours = await ctx.host.links.source_for(target.ip) or ours
        if mapped != Endpoint(ours, channel.local.port):
            place = is_inside(mapped.ip), exchange.answered_at - exchange.sent_at
            best[target] = min(place, best.get(target, place))
    chosen: dict[object, Endpoint] = {}
    for target in sorted(best, key=lambda t: best[t]):
        chosen.setdefault(target.ip, target)
    found = list(chosen.values())
    outside = [target for target in found if not best[target][0]]
    return (outside or found)[:count]
