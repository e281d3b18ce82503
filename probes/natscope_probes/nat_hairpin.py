"""Our own public address, called from inside.

Question: does the router turn packets for its own public address round to the host behind it (hairpinning), and whose
source address do they show?
Method: two sockets of its own learn their public endpoints from one relay and then send each other requests there, at
the same time, so that each opens the router's filter to the other (RFC 4787 section 6, RFC 5780 section 3.5). Beside
each of them goes a request to the relay: only where those are answered does silence mean anything. One attempt, after
everything else, and only where it was asked for.
Can tell: hairpinning where one public port serves all peers, or where a packet arrives; the source that it shows.
Cannot tell: its absence where the public port differs by peer: then neither socket knows the right one. A router that
shows the private source address instead of the public one: this computer drops what carries its own address.
Disturbs: some firewalls take a packet from an address to itself for an attack (a LAND attack) and may end connections
or block this computer for minutes. Therefore it takes --hairpin or --full.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from natscope.host.api import HostError
from natscope.model.endpoint import Endpoint, Family
from natscope.model.observation import Outcome
from natscope.plugins.probe import FULL, Budget, Contact, Probe, Scope
from natscope.wire.stun.message import MessageClass, RequestForm, encode_binding_request
from natscope_probes._fresh_socket import FreshSocket, FreshSockets, Question, translated_by

if TYPE_CHECKING:
    from natscope.plugins.probe_context import ProbeContext

NAME = "nat_hairpin"
SENDS, MORE_SENDS = 3, 6
"""More of them where something was lost."""
APART_S = 0.15
LEARN_TRIES, LEARN_S = 4, 0.4
LAST_WAIT_S = 0.3
REQUEST_BYTES = 40
CALLS = 2 * MORE_SENDS
CONTROLS = 2 * (LEARN_TRIES + MORE_SENDS)
"""Of one family: from both sockets to each other, and to the relay."""
NOT_ASKED = "some firewalls take it for an attack"


def contacts(scope: Scope) -> tuple[Contact, ...]:
    """Ourselves, by way of the router, and the relay that tells where we are and stands control."""
    families = len(scope.families)
    return (
        Contact(
            host="your own public address",
            port=None,
            protocol="udp",
            packets=CALLS * families,
            bytes=CALLS * families * REQUEST_BYTES,
            seconds=(MORE_SENDS * APART_S + LAST_WAIT_S) * families,
            why="may look like an attack",
        ),
        Contact(
            host="a relay that answered",
            port=None,
            protocol="udp",
            packets=CONTROLS * families,
            bytes=CONTROLS * families * REQUEST_BYTES,
            seconds=(2 * LEARN_TRIES * LEARN_S + MORE_SENDS * APART_S + LAST_WAIT_S) * families,
            why="your public address, and the control beside each call",
            always=False,
        ),
    )


def when(scope: Scope) -> str:
    """Only where it was asked for."""
    options = scope.options
    asked = options.hairpin or options.profile == FULL or NAME in options.only
    return "" if asked else NOT_ASKED


PROBE = Probe(
    name=NAME,
    title="calling your own public address",
    after=("nat_cross_check", "udp_rate", "nat_own_address"),
    when=when,
    needs=frozenset({"udp"}),
    budget=Budget(packets=2 * (CALLS + CONTROLS), bytes=2 * (CALLS + CONTROLS) * REQUEST_BYTES, seconds=9.5),
    contacts=contacts,
    emits=("nat.hairpin",),
    flag="--hairpin",
    last=True,
    uses=("relay_stun", "interfaces"),
)


async def run(ctx: ProbeContext) -> None:
    """Each family that is translated, one after the other."""
    for family in ctx.families:
        servers = await translated_by(ctx, family, 1)
        if servers:
            ctx.progress("calling your own public address once (hairpinning)")
            await _family(ctx, family, servers[0])


async def _family(ctx: ProbeContext, family: Family, server: Endpoint) -> None:
    async with FreshSockets(ctx) as group:
        try:
            one, other = await group.open_scattered(family), await group.open_scattered(family)
        except HostError:
            return
        for socket in (one, other):
            await _learn(ctx, group, socket, server)
        if one.mapped is None or other.mapped is None:
            _record_unlearnt(ctx, server, [*one.questions, *other.questions])
            return
        attempt = _Attempt(ctx, group, (one, other), server)
        try:
            await attempt.call()
        finally:
            attempt.record()


def _record_unlearnt(ctx: ProbeContext, server: Endpoint, asked: list[Question]) -> None:
    """Nobody was called: the new sockets do not know what to call."""
    ctx.observe(
        "nat.hairpin",
        Outcome.NO_ANSWER,
        target=str(server),
        family=server.family,
        sent_at=asked[0].sent_at if asked else None,
        packets=sum(1 for q in asked if q.bytes_sent),
        bytes_sent=sum(q.bytes_sent for q in asked),
        bytes_received=sum(q.bytes_received for q in asked),
        summary="not called: new sockets were not told their public addresses",
        data={"tries": len(asked), "calls": 0, "learnt": False, "server": str(server)},
    )


async def _learn(ctx: ProbeContext, group: FreshSockets, socket: FreshSocket, server: Endpoint) -> None:
    for _ in range(LEARN_TRIES):
        socket.ask(server)
        until = min(ctx.host.clock.now() + LEARN_S, ctx.deadline)
        if await group.wait(until, lambda: socket.mapped is not None):
            return


class _Attempt:
    """The calls, their controls, and what arrived."""

    def __init__(
        self, ctx: ProbeContext, group: FreshSockets, sockets: tuple[FreshSocket, FreshSocket], server: Endpoint
    ) -> None:
        self._ctx = ctx
        self._group = group
        self._sockets = sockets
        self._server = server
        self._homes = [socket.mapped for socket in sockets]
        self._calls: dict[bytes, FreshSocket] = {}
        """Transaction id to the socket that should hear of it."""
        self._learnt = [len(socket.questions) for socket in sockets]
        self._began = ctx.host.clock.now()
        self._bytes = 0

    async def call(self) -> None:
        """Send until something arrives; more often where a control stays without its answer."""
        for number in range(MORE_SENDS):
            if number >= SENDS and not self._lossy():
                break
            for socket, peer, home in zip(self._sockets, reversed(self._sockets), reversed(self._homes), strict=True):
                assert home is not None
                identity = self._ctx.host.rng.bytes(12)
                self._calls[identity] = peer
                _, sent = socket.send(encode_binding_request(identity, RequestForm.TAILSCALE), home)
                self._bytes += sent
                socket.ask(self._server)
            if await self._group.wait(self._until(APART_S), self._arrived):
                break
        if not self._arrived():
            await self._group.wait(self._until(LAST_WAIT_S), self._arrived)
            await self._group.wait(self._until(LAST_WAIT_S), lambda: not self._lossy())

    def _until(self, seconds: float) -> float:
        return min(self._ctx.host.clock.now() + seconds, self._ctx.deadline)

    def _arrived(self) -> bool:
        return self._source() is not None

    def _source(self) -> Endpoint | None:
        for socket in self._sockets:
            for stranger in socket.strangers:
                ours = self._calls.get(stranger.message.transaction_id) is socket
                if ours and stranger.message.message_class is MessageClass.REQUEST:
                    return stranger.source
        return None

    def _controls(self) -> tuple[int, int]:
        """How many control requests went out, and how many were answered."""
        asked = [q for s, learnt in zip(self._sockets, self._learnt, strict=True) for q in s.questions[learnt:]]
        return len(asked), sum(q.answered_at is not None for q in asked)

    def _lossy(self) -> bool:
        asked, answered = self._controls()
        return answered < asked or any(n > 1 for n in self._learnt)

    def record(self) -> None:
        """One observation for all of it."""
        source, (asked, answered) = self._source(), self._controls()
        told = [socket.mapped for socket in self._sockets]
        ports = [socket.local.port for socket in self._sockets]
        shows = ""
        if source is not None:
            shows = "external" if source in self._homes else "internal" if source.port in ports else "other"
        every = [q for s in self._sockets for q in s.questions]
        packets = len(self._calls) + sum(1 for q in every if q.bytes_sent)
        self._ctx.observe(
            "nat.hairpin",
            Outcome.NO_ANSWER if source is None else Outcome.ANSWERED,
            target=str(self._homes[1]),
            family=self._server.family,
            socket=str(self._sockets[0].local),
            source="" if source is None else str(source),
            sent_at=self._began,
            packets=packets,
            bytes_sent=self._bytes + sum(q.bytes_sent for q in every),
            bytes_received=sum(q.bytes_received for q in every),
            summary="nothing came round" if source is None else f"it came round and showed its {shows} source",
            data={
                "tries": packets,
                "calls": len(self._calls),
                "controls": asked,
                "controls_answered": answered,
                "shows": shows,
                "stable": told == self._homes,
                "server": str(self._server),
            },
        )
