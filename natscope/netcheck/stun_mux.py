"""One UDP socket per family, shared by all probes, and the table of open STUN transactions.

Each send has a transaction id of its own, so a late answer counts for the request it belongs to. Every datagram that
is no answer to an open request is counted by reason and dropped: a stranger can neither end a run nor add a sample.
An answer from another address than the one asked is kept apart: it shows a path that rewrites, not a relay.
Source: RFC 8489 §6.3, upstream: net/netcheck/netcheck.go (transaction table, EPERM counts as a lost packet).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from natscope.errors import RemoteError
from natscope.host.api import Datagram, Failure, Host, HostError, UdpError, UdpSocket
from natscope.model.endpoint import Endpoint, Family
from natscope.plugins.stun_plan import PLAIN_FORM, TAILSCALE_FORM
from natscope.wire.stun.message import BINDING, Message, MessageClass, RequestForm, decode, encode_binding_request

if TYPE_CHECKING:
    from natscope.netcheck.options import NetcheckOptions

MAX_SOURCES_KEPT = 5
FORMS = {TAILSCALE_FORM: RequestForm.TAILSCALE, PLAIN_FORM: RequestForm.PLAIN}
NOT_STUN = "not-stun"
MALFORMED = "malformed"
UNKNOWN_TRANSACTION = "unknown-transaction"
OTHER_SOURCE = "other-source"
DUPLICATE = "duplicate"
NO_ADDRESS = "no-address"
NOT_AN_ANSWER = "not-an-answer"
UNATTRIBUTED_ERROR = "unattributed-icmp-error"


class Exchange(msgspec.Struct):
    """One request and what came of it. Times are seconds on the host's clock; `bytes_sent` 0: it never left."""

    transaction_id: bytes
    target: Endpoint
    probe: str
    region_id: int | None
    node: str
    round: int
    form: str
    sent_at: float
    bytes_sent: int = 0
    answered_at: float | None = None
    mapped: Endpoint | None = None
    bytes_received: int = 0
    failure: Failure | None = None
    local_failure: bool = False
    error: str = ""
    reporter: str = ""
    icmp: str = ""
    """What the ICMP error says, where that is known."""
    error_at: float | None = None
    refused: bool = False
    """The server answered with a STUN error."""
    foreign: Datagram | None = None
    """An answer to this transaction from another source."""
    foreign_mapped: Endpoint | None = None
    malformed: int = 0
    duplicates: int = 0
    rewritten: bool = False
    """MAPPED-ADDRESS differs from XOR-MAPPED-ADDRESS: something on the way edits payloads."""

    @property
    def is_open(self) -> bool:
        """Neither answered nor failed so far."""
        return self.answered_at is None and self.failure is None and not self.refused


class Dropped(msgspec.Struct):
    """Datagrams of one kind that were no answer."""

    count: int = 0
    sources: list[str] = []


class Channel:
    """The socket of one family. `on_activity` is called after each datagram or error."""

    def __init__(self, host: Host, family: Family, socket: UdpSocket, on_activity: Callable[[Exchange | None], None]):
        self._host = host
        self._family = family
        self._socket = socket
        self._on_activity = on_activity
        self._by_id: dict[bytes, Exchange] = {}
        self.exchanges: list[Exchange] = []
        self.dropped: dict[str, Dropped] = {}
        self.failure: HostError | None = None
        self.answered = False
        self._reader = asyncio.get_running_loop().create_task(self._read())

    @property
    def family(self) -> Family:
        """4 or 6."""
        return self._family

    @property
    def local(self) -> Endpoint:
        """The bound address (may be the wildcard) and port."""
        return self._socket.local

    def ask(
        self,
        target: Endpoint,
        *,
        probe: str,
        region_id: int | None = None,
        node: str = "",
        form: str = TAILSCALE_FORM,
        round: int = 0,  # noqa: A002 - the plan's word
    ) -> Exchange:
        """Send a request with a fresh transaction id. A send that fails is an exchange with a failure."""
        transaction_id = self._host.rng.bytes(12)
        now = self._host.clock.now()
        exchange = Exchange(transaction_id, target, probe, region_id, node, round, form, now)
        self._by_id[transaction_id] = exchange
        self.exchanges.append(exchange)
        request = encode_binding_request(transaction_id, FORMS[form])
        try:
            exchange.sent_at = self._socket.send(request, target)
            exchange.bytes_sent = len(request)
        except HostError as error:
            exchange.failure, exchange.local_failure = error.failure, True
            exchange.error, exchange.error_at = error.message, now
        return exchange

    async def close(self) -> None:
        """Stop reading and close the socket."""
        self._reader.cancel()
        await asyncio.gather(self._reader, return_exceptions=True)
        self._socket.close()

    async def _read(self) -> None:
        while True:
            try:
                item = await self._socket.receive()
            except HostError as error:
                self.failure = error
                self._on_activity(None)
                return
            touched = self._on_error(item) if isinstance(item, UdpError) else self._on_datagram(item)
            self._on_activity(touched)

    def _on_datagram(self, datagram: Datagram) -> Exchange | None:
        exchange = self._by_id.get(datagram.data[8:20])
        try:
            message = decode(datagram.data)
        except RemoteError:
            # Garbage from elsewhere that happens to quote our id is still garbage.
            if exchange is not None and datagram.source == exchange.target:
                exchange.malformed += 1
            return self._drop(MALFORMED if datagram.data[4:8] == b"\x21\x12\xa4\x42" else NOT_STUN, datagram)
        if message.classic or message.method != BINDING:
            return self._drop(NOT_STUN, datagram)
        if message.message_class not in (MessageClass.SUCCESS, MessageClass.ERROR):
            return self._drop(NOT_AN_ANSWER, datagram)
        if exchange is None:
            return self._drop(UNKNOWN_TRANSACTION, datagram)
        return self._on_answer(exchange, message, datagram)

    def _on_answer(self, exchange: Exchange, message: Message, datagram: Datagram) -> Exchange | None:
        if datagram.source != exchange.target:
            if exchange.foreign is None:
                exchange.foreign, exchange.foreign_mapped = datagram, message.mapped_address
            return self._drop(OTHER_SOURCE, datagram)
        if exchange.answered_at is not None or exchange.refused:
            exchange.duplicates += 1
            return self._drop(DUPLICATE, datagram)
        if message.message_class is MessageClass.ERROR:
            told = message.error
            exchange.refused, exchange.error_at = True, datagram.received_at
            exchange.error = f"{told.code} {told.reason}" if told else "an error without a code"
            exchange.bytes_received = len(datagram.data)
            return exchange
        mapped = message.mapped_address
        if mapped is None:
            exchange.malformed += 1
            return self._drop(NO_ADDRESS, datagram)
        exchange.answered_at, exchange.mapped = datagram.received_at, mapped
        self.answered = True
        exchange.bytes_received = len(datagram.data)
        exchange.rewritten = bool(message.mapped and message.xor_mapped and message.mapped != message.xor_mapped)
        return exchange

    def _on_error(self, error: UdpError) -> Exchange | None:
        """Attribute an ICMP error: by the transaction id it quotes, else to the last open request to that target."""
        exchange = self._by_id.get(error.data[8:20])
        if exchange is None:
            same = (e for e in reversed(self.exchanges) if e.target == error.target and e.is_open)
            exchange = next(same, None)
        if exchange is None:
            return self._count(UNATTRIBUTED_ERROR, str(error.target))
        if exchange.is_open:
            exchange.failure, exchange.error_at = error.failure, error.received_at
            exchange.reporter = "" if error.reporter is None else str(error.reporter)
            exchange.icmp = error.words
        return exchange

    def _drop(self, reason: str, datagram: Datagram) -> Exchange | None:
        return self._count(reason, str(datagram.source))

    def _count(self, reason: str, source: str) -> Exchange | None:
        """Count it; None, because no exchange moved on."""
        dropped = self.dropped.setdefault(reason, Dropped())
        dropped.count += 1
        if len(dropped.sources) < MAX_SOURCES_KEPT and source not in dropped.sources:
            dropped.sources.append(source)
        return None


class StunMux:
    """The channels of a run. A family whose socket refuses to open is in `refused`, never fatal."""

    def __init__(self, host: Host, options: NetcheckOptions, on_answer: Callable[[], None]) -> None:
        self._host = host
        self._options = options
        self._on_answer = on_answer
        self.channels: dict[Family, Channel] = {}
        self.refused: dict[Family, HostError] = {}
        self.best_s: dict[int, float] = {}
        """Region id to its smallest round trip so far."""
        self._waiting: list[asyncio.Future[None]] = []

    async def open(self, family: Family) -> None:
        """Bind the family's socket as the options want it."""
        import ipaddress

        options = self._options
        address = ipaddress.ip_address(options.bind_address) if options.bind_address else None
        if address is not None and address.version != family:
            message = f"the address to bind to is an IPv{address.version} one"
            self.refused[family] = HostError(Failure.ADDRESS_NOT_AVAILABLE, message)
            return
        try:
            socket = await self._host.udp.open(
                family, address=address, port=options.source_port, interface=options.interface or None
            )
        except HostError as error:
            self.refused[family] = error
            return
        self.channels[family] = Channel(self._host, family, socket, self._activity)

    def exchanges(self) -> list[Exchange]:
        """All of them, in order of sending within a family."""
        return [exchange for channel in self.channels.values() for exchange in channel.exchanges]

    async def activity(self, until: float) -> None:
        """Return at the next datagram or error, at `until` at the latest."""
        remaining = until - self._host.clock.now()
        if remaining <= 0:
            await asyncio.sleep(0)
            return
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        await asyncio.wait((waiter,), timeout=remaining)
        waiter.cancel()

    async def close(self) -> None:
        """Close all sockets; what was recorded stays."""
        for channel in self.channels.values():
            await channel.close()

    def _activity(self, exchange: Exchange | None) -> None:
        if exchange is not None and exchange.answered_at is not None and exchange.region_id is not None:
            rtt = max(0.0, exchange.answered_at - exchange.sent_at)
            self.best_s[exchange.region_id] = min(rtt, self.best_s.get(exchange.region_id, rtt))
        waiting, self._waiting = self._waiting, []
        for waiter in waiting:
            if not waiter.done():
                waiter.set_result(None)
        self._on_answer()
