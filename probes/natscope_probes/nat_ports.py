"""Which public ports the router gives to new local ports.

Question: does a router keep port numbers, their parity and their neighbourhood; which port comes next; which of several
public addresses does it take; does something edit addresses inside packets?
Method: sixteen sockets of its own on eight pairs of neighbouring ports, drawn at random, ask up to three relays in turn
(RFC 4787 sections 4.1 to 4.2.3). Where the mapping differs by destination, eight of them ask a second relay: how far is
the port that a peer would have to guess? Two local addresses behind one router, where there are two, use one port.
Relays are those that answered the shared socket and see another address than ours: without translation nothing is sent.
Can tell: port preservation, parity, contiguity, the pattern of new ports with its step, pooling, STUN ALGs where a
server sends MAPPED-ADDRESS too; the collision of two hosts' ports where this computer has two addresses there.
Cannot tell: what happens when the table is full, or much later.
Disturbs: nothing; 16 to 40 packets of 40 bytes, and as many entries in the router's table for some minutes.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec

from natscope.host.api import HostError
from natscope.model.endpoint import Endpoint, Family
from natscope.model.observation import Outcome
from natscope.plugins.probe import Budget, Contact, Probe, Scope
from natscope.wire.stun.attributes import Attr
from natscope.wire.stun.helper_messages import Ask, encode_helper
from natscope_probes._fresh_socket import SLACK_S, FreshSocket, FreshSockets, Question, translated_by
from natscope_probes._port_collision import collide

if TYPE_CHECKING:
    from natscope.plugins.probe_context import ProbeContext

PAIRS, GENTLE_PAIRS = 8, 6
SERVERS = 3
SECOND_TURN = 8
"""So many sockets ask a second server."""
TRIES = 4
FIRST_S = 1.3
"""So long it waits for the first answer of any relay."""
LATE_S = 0.3
"""And so long at least, where this computer was too busy to start it in time."""
GATHER_S = 0.06
"""So long it waits for further relays after the first."""
AGAIN_FACTOR, AGAIN_S, AGAIN_MOST_S = 1.5, 0.06, 0.45
"""A request is repeated after so many round trips and so much more, but no later."""
GENTLE_GAP_S = 0.02
REQUEST_BYTES, PLAIN_REQUEST_BYTES = 40, 92
ALG_TRIES = 2
ASK = ((int(Attr.HELPER), encode_helper(Ask())),)
"""What makes a helper answer at length; whoever does not know it skips it (docs/helper.md)."""
MAX_PACKETS = TRIES * (2 * PAIRS + SECOND_TURN) + ALG_TRIES * SERVERS


def contacts(scope: Scope) -> tuple[Contact, ...]:
    """Relays that answered; which ones, is not known before."""
    return (
        Contact(
            host="up to 3 relays that answered",
            port=None,
            protocol="udp",
            packets=MAX_PACKETS,
            bytes=MAX_PACKETS * REQUEST_BYTES,
            seconds=1.5,
            why="ports of new sockets",
            always=False,
        ),
    )


PROBE = Probe(
    name="nat_ports",
    title="public ports of new sockets",
    needs=frozenset({"udp"}),
    budget=Budget(packets=2 * MAX_PACKETS, bytes=2 * MAX_PACKETS * REQUEST_BYTES, seconds=2.5),
    contacts=contacts,
    emits=("nat.port",),
    uses=("relay_stun", "interfaces"),
)


class _Sample(msgspec.Struct):
    """One socket and one server. `order` counts the first sends; `turn` 1 is a socket's first server, 2 its second."""

    socket: FreshSocket
    target: Endpoint
    order: int
    turn: int = 1
    questions: list[Question] = []

    @property
    def answered(self) -> Question | None:
        """The request that was answered."""
        return next((q for q in self.questions if q.answered_at is not None), None)


async def run(ctx: ProbeContext) -> None:
    """Both families, side by side."""
    await asyncio.gather(*(_family(ctx, family) for family in ctx.families if ctx.stun(family) is not None))


async def _family(ctx: ProbeContext, family: Family) -> None:
    servers = await _servers(ctx, family)
    if not servers:
        return
    ctx.progress("looking at public ports")
    await _ports(ctx, family, servers)  # alone: what else we send would take ports of a sequence
    await asyncio.gather(collide(ctx, family, servers), _plain_addresses(ctx, family, servers))


async def _plain_addresses(ctx: ProbeContext, family: Family, servers: list[Endpoint]) -> None:
    """Ask for MAPPED-ADDRESS beside XOR-MAPPED-ADDRESS: helpers and servers of RFC 5780 send it."""
    async with FreshSockets(ctx) as group:
        try:
            socket = await group.open_scattered(family)
        except HostError:
            return
        for _ in range(ALG_TRIES):
            missing = [t for t in servers if not any(q.target == t and q.answered_at for q in socket.questions)]
            for target in missing:
                socket.ask(target, ASK)
            until = min(ctx.host.clock.now() + AGAIN_MOST_S, ctx.deadline)
            if await group.wait(until, lambda: len(servers) <= sum(bool(q.answered_at) for q in socket.questions)):
                break
        await _record_plain(ctx, socket)


async def _record_plain(ctx: ProbeContext, socket: FreshSocket) -> None:
    for number, question in enumerate(socket.questions):
        both = question.told is not None and question.xored is not None
        data = {"mapped": str(question.xored), "mapped_address": str(question.told)} if both else {}
        ctx.observe(
            "nat.port",
            Outcome.NO_ANSWER if question.answered_at is None else Outcome.ANSWERED,
            target=str(question.target),
            family=question.target.family,
            socket=str(socket.local),
            sent_at=question.sent_at,
            received_at=question.answered_at,
            packets=1 if question.bytes_sent else 0,
            bytes_sent=question.bytes_sent,
            bytes_received=question.bytes_received,
            summary="the address in plain and in scrambled form" if both else "",
            data={"plain": number + 1, **data},
        )


async def _ports(ctx: ProbeContext, family: Family, servers: list[Endpoint]) -> None:
    async with FreshSockets(ctx) as group:
        samples: list[_Sample] = []
        try:
            row = await _open(ctx, group, family)
            samples += [_Sample(socket, servers[n % len(servers)], n) for n, socket in enumerate(row)]
            await _ask(ctx, group, samples)
            if _varies(ctx, family) and len(servers) > 1:
                second = [
                    _Sample(s.socket, servers[(s.order + 1) % len(servers)], len(samples) + n, turn=2)
                    for n, s in enumerate(samples[:SECOND_TURN])
                ]
                samples += second
                await _ask(ctx, group, second)
        except HostError as error:
            ctx.observe(
                "nat.port", Outcome.LOCAL_ERROR, family=family, error=error.failure.value, summary=error.message
            )
        finally:
            await _record(ctx, samples)


async def _servers(ctx: ProbeContext, family: Family) -> list[Endpoint]:
    """Wait for the first relay, and a moment for two more; empty where none answers or nothing is translated."""
    if family not in ctx.plan.families:
        return []
    began = ctx.host.clock.now()
    limit = min(max(ctx.started + FIRST_S, began + LATE_S), ctx.deadline)
    answered = False
    while True:
        first = next((e for e in ctx.exchanges() if e.target.family == family and e.answered_at is not None), None)
        if first is not None and not answered:
            answered = True
            limit = min(limit, ctx.host.clock.now() + max(GATHER_S, _rtt(ctx, first.target)))
        found = await translated_by(ctx, family, SERVERS)
        if len(found) == SERVERS or ctx.host.clock.now() + SLACK_S >= limit:
            return found
        await ctx.stun_activity(limit)


def _rtt(ctx: ProbeContext, target: Endpoint) -> float:
    times = [e.answered_at - e.sent_at for e in ctx.exchanges() if e.target == target and e.answered_at is not None]
    return min(times, default=AGAIN_MOST_S)


async def _open(ctx: ProbeContext, group: FreshSockets, family: Family) -> list[FreshSocket]:
    """All even ports before all odd ones: a sequence that just counts then keeps neither parity nor neighbourhood."""
    pairs = [await group.open_row(family, 2) for _ in range(GENTLE_PAIRS if ctx.options.gentle else PAIRS)]
    return [pair[0] for pair in pairs] + [pair[1] for pair in pairs]


def _varies(ctx: ProbeContext, family: Family) -> bool:
    seen = {e.mapped for e in ctx.exchanges() if e.mapped is not None and e.target.family == family}
    return len(seen) > 1


async def _ask(ctx: ProbeContext, group: FreshSockets, samples: list[_Sample]) -> None:
    """Send them all, then again what got no answer."""
    for number in range(TRIES):
        missing = [sample for sample in samples if sample.answered is None]
        if not missing:
            return
        for sample in missing:
            sample.questions.append(sample.socket.ask(sample.target))
            if ctx.options.gentle:
                await ctx.host.clock.sleep(GENTLE_GAP_S)
        slowest = max(_rtt(ctx, sample.target) for sample in missing)
        patience = min(AGAIN_FACTOR * slowest + AGAIN_S * (number + 1), max(AGAIN_MOST_S, slowest + AGAIN_S))
        until = min(ctx.host.clock.now() + patience, ctx.deadline)
        await group.wait(until, lambda: all(sample.answered is not None for sample in samples))
        if ctx.host.clock.now() >= ctx.deadline:
            return


async def _record(ctx: ProbeContext, samples: list[_Sample]) -> None:
    sources = {s.target.ip: await ctx.host.links.source_for(s.target.ip) for s in samples}
    for sample in samples:
        if not sample.questions:
            continue
        found, local = sample.answered, sample.socket.local
        source = sources[sample.target.ip]
        if local.ip.is_unspecified and source is not None:
            local = Endpoint(source, local.port)
        shown = found or sample.questions[-1]
        data: dict[str, object] = {"order": sample.order, "turn": sample.turn, "tries": len(sample.questions)}
        if found is not None and found.mapped is not None:
            data["mapped"] = str(found.mapped)
            data["try"] = sample.questions.index(found) + 1
            if found.told is not None and found.xored is not None:
                data["mapped_address"] = str(found.told)
        ctx.observe(
            "nat.port",
            Outcome.NO_ANSWER if found is None else Outcome.ANSWERED,
            target=str(sample.target),
            family=sample.target.family,
            socket=str(local),
            sent_at=shown.sent_at,
            received_at=shown.answered_at,
            packets=sum(1 for q in sample.questions if q.bytes_sent),
            bytes_sent=sum(q.bytes_sent for q in sample.questions),
            bytes_received=shown.bytes_received,
            summary="" if found is None else f"port {local.port} is seen as {found.mapped}",
            data=data,
        )
