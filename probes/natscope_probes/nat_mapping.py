"""For which destinations a router keeps one public port.

Question: does the public endpoint depend on the address, the port, or both, of whom we write to; does it stay?
Method: RFC 5780 section 4.3, from one fresh socket: one server at two ports and another address at two ports, where a
helper or a server with OTHER-ADDRESS is at hand; else servers at different addresses. Each is asked until it answers,
all at once, and the first one again at the end, from this socket and from the run's shared one.
Can tell: endpoint-independent, address-dependent, address- and port-dependent, dependent on the port alone; several
public addresses; a public address that changed meanwhile.
Cannot tell: dependence on the port where every server at hand has one port.
Disturbs: nothing; some 6 to 10 packets of 40 bytes per family.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from natscope.host.api import HostError, UdpSocket
from natscope.machines.many_asks import Asked, ManyAsks
from natscope.model.endpoint import Endpoint, Family
from natscope.model.observation import Outcome
from natscope.plugins.probe import Budget, Contact, Probe, Scope
from natscope_probes._drive import drive
from natscope_probes._nat_servers import (
    ASK_BYTES,
    SCOUT_PACKETS,
    SCOUT_S,
    TRIES,
    local_text,
    nat_servers,
    open_socket,
    own_scout,
    region_of,
)  # fmt: skip

if TYPE_CHECKING:
    from natscope.plugins.probe_context import ProbeContext

KIND = "nat.mapping"
PLAIN_SERVERS = 3
"""So many servers at different addresses, beside or instead of one that has several places."""
AGAIN_S = 0.3
"""The last look at the first server comes at least so long after the first one."""
MAX_TARGETS = 5
"""A server at four places and one more, or a plain one and three more."""
MAX_PACKETS = (MAX_TARGETS + 1) * TRIES + 1
"""Each of them, the first one again, and that once from the shared socket."""
REQUEST_BYTES = 40


def contacts(scope: Scope) -> tuple[Contact, ...]:
    """Relays that answered, and the places that one of them names."""
    return (
        Contact(
            host="relays, and places that they name",
            port=None,
            protocol="udp",
            packets=MAX_PACKETS * len(scope.families),
            bytes=MAX_PACKETS * len(scope.families) * REQUEST_BYTES,
            seconds=2.5,
            why="whether the public port depends on the destination",
            always=False,
        ),
        *own_scout(scope),
    )


PROBE = Probe(
    name="nat_mapping",
    title="mapping behaviour",
    after=("relay_stun", "nat_servers"),
    needs=frozenset({"udp"}),
    budget=Budget(
        packets=2 * (MAX_PACKETS + SCOUT_PACKETS),
        bytes=2 * (MAX_PACKETS * REQUEST_BYTES + SCOUT_PACKETS * ASK_BYTES),
        seconds=2.5 + SCOUT_S,
    ),
    contacts=contacts,
    emits=("nat.mapping", "nat.server", "stun.binding"),
)


async def run(ctx: ProbeContext) -> None:
    """Both families at once."""
    async with asyncio.TaskGroup() as tasks:
        for family in ctx.families:
            if ctx.stun(family) is not None:
                tasks.create_task(_family(ctx, family))


async def _family(ctx: ProbeContext, family: Family) -> None:
    targets = await _targets(ctx, family)
    if not targets:
        return
    try:
        socket = await open_socket(ctx, family)
    except HostError:
        return
    try:
        began = ctx.host.clock.now()
        await _ask(ctx, socket, targets, again=False)
        await ctx.host.clock.sleep(began + AGAIN_S - ctx.host.clock.now())
        channel = ctx.stun(family)
        if channel is not None:
            channel.ask(targets[0], probe=PROBE.name)
        await _ask(ctx, socket, targets[:1], again=True)
    finally:
        socket.close()


async def _targets(ctx: ProbeContext, family: Family) -> list[Endpoint]:
    """The places of the best server, then other servers; the first one is a relay that answered."""
    servers = await nat_servers(ctx, family)
    if not servers:
        return []
    first = servers[0]
    places = [first.endpoint, *((first.other_port,) if first.other_port else ()), *first.others]
    plain: dict[object, Endpoint] = {}
    for server in sorted(servers[1:], key=lambda s: s.rtt_s):
        if all(server.endpoint.ip != place.ip for place in places):
            plain.setdefault(server.endpoint.ip, server.endpoint)
    wanted = PLAIN_SERVERS if len(places) == 1 else 1
    return [*dict.fromkeys(places), *list(plain.values())[:wanted]]


async def _ask(ctx: ProbeContext, socket: UdpSocket, targets: list[Endpoint], *, again: bool) -> None:
    asks = ManyAsks(targets, ctx.host.rng.bytes(12 * ManyAsks.ids_needed(len(targets))))
    try:
        await drive(ctx.host, socket, asks)
    finally:
        for asked in asks.asked:
            if asked.sends:
                await _observe(ctx, socket, asked, again)


async def _observe(ctx: ProbeContext, socket: UdpSocket, asked: Asked, again: bool) -> None:
    data: dict[str, object] = {"tries": asked.sends}
    if asked.mapped is not None:
        data["mapped"] = str(asked.mapped)
    if asked.other_source is not None:
        data["other_source"] = str(asked.other_source)
    if again:
        data["again"] = True
    outcome = Outcome.ANSWERED if asked.mapped else Outcome.REFUSED if asked.error else Outcome.NO_ANSWER
    region_id, _ = region_of(ctx, asked.target)
    ctx.observe(
        KIND,
        outcome,
        target=str(asked.target),
        family=asked.target.family,
        region_id=region_id,
        socket=await local_text(ctx, socket, asked.target),
        sent_at=asked.sent_at,
        received_at=asked.answered_at,
        bytes_sent=asked.bytes_sent,
        bytes_received=asked.bytes_received,
        packets=asked.sends,
        data=data,
    )
