"""One local port on two local addresses behind one router: what two hosts of a network do to each other.

Upstream's usual port 41641 on two computers at home is the case that users meet. One computer can try it only where it
has two addresses of its own there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from natscope.host.api import HostError
from natscope.model.endpoint import Endpoint, Family, IPAddress
from natscope.model.observation import Outcome
from natscope_probes._fresh_socket import PORTS, FreshSocket, FreshSockets

if TYPE_CHECKING:
    from natscope.plugins.probe_context import ProbeContext

NOT_KINDS = ("loopback", "tunnel", "bridge")
"""A bridge's or a tunnel's address is not one that the router knows."""
TRIES, PATIENCE_S = 3, 0.4


async def collide(ctx: ProbeContext, family: Family, servers: list[Endpoint]) -> None:
    """Where there are two addresses and two servers, try it and write down what happened."""
    if len(servers) < 2 or ctx.options.bind_address or ctx.options.interface:
        return
    first = await ctx.host.links.source_for(servers[0].ip)
    second = await _second_address(ctx, family, first)
    if first is None or second is None:
        return
    async with FreshSockets(ctx) as group:
        port = PORTS[0] + ctx.host.rng.below(PORTS[1] - PORTS[0])
        try:
            one, other = await group.open(family, port, first), await group.open(family, port, second)
        except HostError:
            return
        first_as, second_as, again_as = await _try(ctx, group, one, other, servers)
        questions = one.questions + other.questions
        packets = sum(1 for q in questions if q.bytes_sent)
        ctx.observe(
            "nat.port",
            Outcome.ANSWERED if any(q.answered_at is not None for q in questions) else Outcome.NO_ANSWER,
            target=str(servers[0]),
            family=family,
            socket=str(other.local),
            sent_at=questions[0].sent_at,
            packets=packets,
            bytes_sent=sum(q.bytes_sent for q in questions),
            bytes_received=sum(q.bytes_received for q in questions),
            summary=f"one was seen as {first_as or 'unknown'}, the other as {second_as or 'unknown'}",
            data={
                "collision": {
                    "first": _text(first_as),
                    "second": _text(second_as),
                    "second_at_the_same": _text(again_as),
                },
                "with": str(one.local),
                "tries": packets,
            },
        )


async def _second_address(ctx: ProbeContext, family: Family, first: IPAddress | None) -> IPAddress | None:
    facts = await ctx.links()
    uplinks = {route.interface for route in facts.default_routes if route.family == family}
    for interface in facts.interfaces:
        if (
            interface.up
            and interface.kind not in NOT_KINDS
            and (interface.name in uplinks or first in interface.addresses)
        ):
            for ip in interface.addresses:
                if ip.version == family and ip != first and not ip.is_link_local:
                    return ip
    return None


async def _try(
    ctx: ProbeContext, group: FreshSockets, one: FreshSocket, other: FreshSocket, servers: list[Endpoint]
) -> tuple[Endpoint | None, Endpoint | None, Endpoint | None]:
    """The first asks one server, the second another one, and where it then has the same port, the first one's too.

    Their public endpoints in this order, None for those without an answer or not asked.
    """
    first = await _ask(ctx, group, one, servers[0])
    second = await _ask(ctx, group, other, servers[1])
    if first is None or first != second:
        return first, second, None
    return first, second, await _ask(ctx, group, other, servers[0])


async def _ask(ctx: ProbeContext, group: FreshSockets, socket: FreshSocket, server: Endpoint) -> Endpoint | None:
    for _ in range(TRIES):
        question = socket.ask(server)
        until = min(ctx.host.clock.now() + PATIENCE_S, ctx.deadline)
        if await group.wait(until, lambda: question.answered_at is not None):  # noqa: B023 - awaited here
            return question.mapped
    return None


def _text(endpoint: Endpoint | None) -> str | None:
    return None if endpoint is None else str(endpoint)
