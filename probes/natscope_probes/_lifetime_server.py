"""A server that sends a packet to one of our ports when another of our sockets says so: whether a mapping still lives.

Two kinds can: a helper, which sends from its other port to a port whose token we show and tells what it sent
(docs/helper.md), and a server of RFC 5780 with RESPONSE-PORT (section 7.5), whose silence needs a control of our own.
Where neither is at hand, asking again from the silent socket shows a new port or nothing.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Protocol

import msgspec

from natscope.errors import RemoteError
from natscope.host.api import HostError
from natscope.model.endpoint import Endpoint, Family
from natscope.wire.stun.attributes import Attr
from natscope.wire.stun.helper_messages import (
    MAX_COUNTED,
    ORDER_ID_BYTES,
    Ask,
    Count,
    Fate,
    Offer,
    Order,
    Tally,
    Way,
    decode_helper,
    encode_helper,
)  # fmt: skip
from natscope_probes._fresh_socket import FreshSocket, FreshSockets, Question

if TYPE_CHECKING:
    from natscope.plugins.probe_context import ProbeContext

TRIES, PATIENCE_S = 4, 0.35
ASK = ((int(Attr.HELPER), encode_helper(Ask())),)
TOKEN_FRESH_S = 20.0
"""Older ones of the commander are replaced before a count."""
TRIALS = 3
AGAIN = "again"
"""The method of a server that can only be asked again: it tells nothing of a port that never changes."""


class Tracked(msgspec.Struct):
    """A socket whose mapping is watched. Times are seconds on the host's clock."""

    socket: FreshSocket
    born_at: float = 0.0
    last_sent_at: float = 0.0
    last_heard_at: float = 0.0
    mapped: Endpoint | None = None
    token: bytes = b""


class Server(Protocol):
    """How mappings are watched. `place` is whom the watched sockets write to; `method` is `order`, `response-port`
    or `again`.
    """

    place: Endpoint
    method: str
    rtt_s: float

    async def greet(self, tracked: Tracked) -> bool:
        """An exchange that makes or refreshes the mapping; False without an answer."""
        ...

    def knock(self, tracked: Tracked) -> bytes:
        """Have one packet sent to it; the transaction id that it will carry."""
        ...

    async def sent(self, knocks: list[bytes]) -> int:
        """How many of these the server really sent, as far as that can be known."""
        ...


async def exchange(
    ctx: ProbeContext, group: FreshSockets, socket: FreshSocket, target: Endpoint, attributes: object = ASK
) -> Question | None:
    """Ask until there is an answer; None without."""
    for _ in range(TRIES):
        question = socket.ask(target, attributes)  # type: ignore[arg-type]
        until = min(ctx.host.clock.now() + PATIENCE_S, ctx.deadline)
        if await group.wait(until, lambda: question.answered_at is not None):  # noqa: B023 - awaited here
            return question
    return None


class _Base:
    """What all kinds share: greeting."""

    def __init__(self, ctx: ProbeContext, group: FreshSockets, place: Endpoint, rtt_s: float) -> None:
        self._ctx = ctx
        self._group = group
        self.place = place
        self.rtt_s = rtt_s

    async def greet(self, tracked: Tracked) -> bool:
        """An exchange with the place."""
        question = await exchange(self._ctx, self._group, tracked.socket, self.place)
        if question is None or question.answered_at is None:
            return False
        if not tracked.born_at:
            first = tracked.socket.questions[0]
            tracked.born_at = first.sent_at
        tracked.last_sent_at, tracked.last_heard_at = question.sent_at, question.answered_at
        tracked.mapped = question.mapped
        offer = offer_of(question)
        if offer is not None:
            tracked.token = offer.token
        return True


class HelperOrders(_Base):
    """A helper: orders go to its first port, packets come from its other one."""

    method = "order"

    def __init__(
        self, ctx: ProbeContext, group: FreshSockets, commander: FreshSocket, server: Endpoint, port: int, rtt_s: float
    ) -> None:
        super().__init__(ctx, group, Endpoint(server.ip, port), rtt_s)
        self._server = server
        self._commander = commander
        self._token, self._token_at = b"", float("-inf")

    def knock(self, tracked: Tracked) -> bytes:
        """An order with the token that this very port got."""
        assert tracked.mapped is not None
        order = Order(Way.OTHER_PORT, tracked.token, tracked.mapped.port)
        question = self._commander.ask(self._server, ((int(Attr.HELPER), encode_helper(order)),))
        return question.transaction_id

    async def sent(self, knocks: list[bytes]) -> int:
        """The server's own count."""
        if self._ctx.host.clock.now() - self._token_at > TOKEN_FRESH_S:
            question = await exchange(self._ctx, self._group, self._commander, self._server)
            offer = None if question is None else offer_of(question)
            if offer is None:
                return 0
            self._token, self._token_at = offer.token, self._ctx.host.clock.now()
        count = Count(self._token, tuple(knock[:ORDER_ID_BYTES] for knock in knocks[:MAX_COUNTED]))
        attribute = ((int(Attr.HELPER), encode_helper(count)),)
        question = await exchange(self._ctx, self._group, self._commander, self._server, attribute)
        told = None if question is None else _helper_of(question)
        return sum(fate is Fate.SENT for fate in told.fates) if isinstance(told, Tally) else 0


class ResponsePort(_Base):
    """A server of RFC 5780: the answer to the commander goes to the watched port. A control shows that it does."""

    method = "response-port"

    def __init__(
        self, ctx: ProbeContext, group: FreshSockets, commander: FreshSocket, server: Endpoint, rtt_s: float
    ) -> None:
        super().__init__(ctx, group, server, rtt_s)
        self._commander = commander
        self._control: Tracked | None = None

    def knock(self, tracked: Tracked) -> bytes:
        """A request whose answer goes to another port."""
        assert tracked.mapped is not None
        port = struct.pack("!HH", tracked.mapped.port, 0)
        return self._commander.ask(self.place, ((int(Attr.RESPONSE_PORT), port),)).transaction_id

    async def sent(self, knocks: list[bytes]) -> int:
        """As many as reach a mapping that is fresh, of as many that are sent now."""
        if self._control is None:
            self._control = Tracked(await self._group.open_scattered(self.place.family))
        if not await self.greet(self._control):
            return 0
        tries = [self.knock(self._control) for _ in knocks]
        until = self._ctx.host.clock.now() + PATIENCE_S + self.rtt_s
        control = self._control
        await self._group.wait(until, lambda: heard(control, tries) == len(tries))
        return heard(control, tries)


class AskingAgain(_Base):
    """Any server: it has to be asked again, which makes a new mapping where the old one has ended."""

    method = AGAIN

    def knock(self, tracked: Tracked) -> bytes:
        """Not possible."""
        return b""

    async def sent(self, knocks: list[bytes]) -> int:
        """Nothing was."""
        return 0


def heard(tracked: Tracked, knocks: list[bytes]) -> int:
    """How many of these packets arrived at the socket."""
    arrived = {stranger.message.transaction_id for stranger in tracked.socket.strangers}
    return sum(knock in arrived for knock in knocks)


def offer_of(question: Question) -> Offer | None:
    """What a helper offered."""
    told = _helper_of(question)
    return told if isinstance(told, Offer) else None


def _helper_of(question: Question) -> object:
    value = None if question.answer is None else question.answer.first(Attr.HELPER)
    if value is None:
        return None
    try:
        return decode_helper(value)
    except RemoteError:
        return None


async def choose(ctx: ProbeContext, group: FreshSockets, family: Family, servers: list[Endpoint]) -> Server | None:
    """The best way of the servers at hand, tried once; None where none of them answers. Raises `HostError`."""
    commander = await group.open_scattered(family)
    fallback: Server | None = None
    for target in servers:
        question = await exchange(ctx, group, commander, target)
        if question is None or question.answered_at is None:
            continue
        rtt_s = question.answered_at - question.sent_at
        fallback = fallback or AskingAgain(ctx, group, target, rtt_s)
        offer = offer_of(question)
        candidate: Server | None = None
        if offer is not None and offer.other_port:
            candidate = HelperOrders(ctx, group, commander, target, offer.other_port, rtt_s)
        elif question.answer is not None and question.answer.other_address is not None:
            candidate = ResponsePort(ctx, group, commander, target, rtt_s)
        if candidate is not None and await _works(ctx, group, candidate):
            return candidate
    return fallback


async def _works(ctx: ProbeContext, group: FreshSockets, server: Server) -> bool:
    """Whether a fresh mapping hears it: without that, its later silence would mean nothing."""
    try:
        tracked = Tracked(await group.open_scattered(server.place.family))
    except HostError:
        return False
    for _ in range(TRIALS):
        if not await server.greet(tracked):
            return False
        knock = server.knock(tracked)
        until = min(ctx.host.clock.now() + PATIENCE_S + server.rtt_s, ctx.deadline)
        if await group.wait(until, lambda: heard(tracked, [knock]) > 0):  # noqa: B023 - awaited here
            return True
    return False
