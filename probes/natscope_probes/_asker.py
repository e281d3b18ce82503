"""A socket of one's own that asks STUN servers in special ways: with a small hop limit, whole, long.

Answers are known by transaction id and source, ICMP errors by the id they quote, else by the last open request to that
target. Everything else that arrives is dropped.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Self

import msgspec

from natscope.errors import RemoteError
from natscope.host.api import Datagram, Failure, HostError, UdpError, UdpSocket
from natscope.model.endpoint import Endpoint, Family
from natscope.wire.stun.attributes import Attr, RawAttribute
from natscope.wire.stun.message import (
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

HEADERS_BYTES = {4: 28, 6: 48}
"""IP and UDP together: what a packet is longer than its payload."""


SLACK_S = 1e-6
"""Less than a clock can tell apart counts as over."""
FILLER = 0xCE54
"""An attribute of ours without meaning, from the range that servers skip (RFC 8489 §14)."""
SHORTEST_FILLED = 44


def filled_request(identity: bytes, payload_bytes: int | None, attributes: Sequence[RawAttribute] = ()) -> bytes:
    """A Binding request that relays answer, of that many bytes; None: the usual 40, or more with `attributes`.

    Upstream (net/stun/stun.go, ParseBindingRequest) wants SOFTWARE `tailnode` and a right FINGERPRINT at the end, and
    skips whatever stands between.
    """
    if payload_bytes is None and not attributes:
        return encode_binding_request(identity, RequestForm.TAILSCALE)
    if payload_bytes is None:
        form = (int(Attr.SOFTWARE), TAILSCALE_SOFTWARE), *attributes
        return encode(MessageClass.REQUEST, identity, form, fingerprint=True)
    filler = (FILLER, bytes(payload_bytes - SHORTEST_FILLED))
    software = (int(Attr.SOFTWARE), TAILSCALE_SOFTWARE)
    return encode(MessageClass.REQUEST, identity, (software, filler), fingerprint=True)


class Request(msgspec.Struct):
    """One request and what came of it. Times are seconds on the host's clock; `size` is the payload's."""

    target: Endpoint
    transaction_id: bytes
    size: int
    sent_at: float
    answered_at: float | None = None
    answer_size: int = 0
    mapped: Endpoint | None = None
    answer: Message | None = None
    refused: bool = False
    """The server answered with a STUN error."""
    error: UdpError | None = None
    failure: HostError | None = None
    """It never left this computer."""

    @property
    def is_open(self) -> bool:
        """Nothing came back so far."""
        return self.answered_at is None and self.error is None and self.failure is None


class Asker:
    """One socket; `wake` is called whenever something came in. Use it as an async context manager."""

    def __init__(self, ctx: ProbeContext, family: Family, wake: Callable[[], None]) -> None:
        self._ctx = ctx
        self._family = family
        self._wake = wake
        self._socket: UdpSocket | None = None
        self._reader: asyncio.Task[None] | None = None
        self._by_id: dict[bytes, Request] = {}
        self.requests: list[Request] = []

    async def __aenter__(self) -> Self:
        """Open the socket. Raises `HostError`."""
        options = self._ctx.options
        bound = ipaddress.ip_address(options.bind_address) if options.bind_address else None
        if bound is not None and bound.version != self._family:
            raise HostError(Failure.ADDRESS_NOT_AVAILABLE, f"the address to bind to is an IPv{bound.version} one")
        self._socket = await self._ctx.host.udp.open(self._family, address=bound, interface=options.interface or None)
        self._reader = asyncio.get_running_loop().create_task(self._read(self._socket))
        return self

    async def __aexit__(self, *_error: object) -> None:
        """Close it."""
        if self._reader is not None and self._socket is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)
            self._socket.close()

    @property
    def port(self) -> int:
        """The local port."""
        assert self._socket is not None
        return self._socket.local.port

    def ask(
        self,
        target: Endpoint,
        *,
        payload_bytes: int | None = None,
        ttl: int | None = None,
        tos: int | None = None,
        dont_fragment: bool | None = None,
        attributes: Sequence[RawAttribute] = (),
    ) -> Request:
        """Send a request in the form that relays answer, with an id of its own; one that cannot leave has a `failure`.

        `payload_bytes` makes it that long, a multiple of 4 and at least `SHORTEST_FILLED`.
        """
        assert self._socket is not None
        identity = self._ctx.host.rng.bytes(12)
        data = filled_request(identity, payload_bytes, attributes)
        request = Request(target, identity, len(data), self._ctx.host.clock.now())
        self._by_id[identity] = request
        self.requests.append(request)
        try:
            request.sent_at = self._socket.send(data, target, ttl=ttl, tos=tos, dont_fragment=dont_fragment)
        except HostError as failure:
            request.failure = failure
        return request

    async def _read(self, socket: UdpSocket) -> None:
        while True:
            try:
                item = await socket.receive()
            except HostError:
                return
            if isinstance(item, UdpError):
                self._on_error(item)
            else:
                self._on_datagram(item)
            self._wake()

    def _on_datagram(self, datagram: Datagram) -> None:
        request = self._by_id.get(datagram.data[8:20])
        if request is None or datagram.source != request.target or request.answered_at is not None:
            return
        try:
            message = decode(datagram.data)
        except RemoteError:
            return
        if message.message_class in (MessageClass.SUCCESS, MessageClass.ERROR):
            request.answered_at, request.answer_size = datagram.received_at, len(datagram.data)
            request.mapped, request.answer = message.mapped_address, message
            request.refused = message.message_class is MessageClass.ERROR

    def _on_error(self, error: UdpError) -> None:
        request = self._by_id.get(error.data[8:20])
        if request is None and len(error.data) < 20:  # old routers quote eight bytes behind the IP header only
            same = (r for r in reversed(self.requests) if r.target == error.target and r.is_open)
            request = next(same, None)
        if request is not None and request.is_open:
            request.error = error


class Bell:
    """Rung whenever something came in on any socket; waiting for it takes the host's clock for the limit."""

    def __init__(self, ctx: ProbeContext) -> None:
        self._ctx = ctx
        self._event = asyncio.Event()

    def ring(self) -> None:
        """Something came in."""
        self._event.set()

    async def wait(self, until: float, done: Callable[[], bool]) -> bool:
        """Until `done` says so (then True) or the time is over."""
        while not done():
            remaining = until - self._ctx.host.clock.now()
            if remaining <= SLACK_S:
                return False
            self._event.clear()
            waiter = asyncio.get_running_loop().create_task(self._event.wait())
            try:
                await asyncio.wait((waiter,), timeout=remaining)
            finally:
                waiter.cancel()
        return True
