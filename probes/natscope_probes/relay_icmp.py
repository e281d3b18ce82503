"""Round trips to relays by ICMP echo.

Question: is a relay's host there at all, where it is silent over UDP?
Method: one echo request to the first node of a region (IPv4 where it has it), with the node's name as payload.
RFC 792, RFC 4443; upstream: net/netcheck, measureICMPLatency.
Can tell: that the host answers, which is the control for silence over UDP.
Cannot tell: anything from silence; many hosts and networks drop echo requests.
Disturbs: nothing; one packet a relay.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from natscope.host.api import Failure, HostError
from natscope.model.endpoint import Family
from natscope.model.observation import Outcome
from natscope.model.relay_map import RelayNode, RelayRegion
from natscope.plugins.probe import Budget, Contact, Probe, Scope
from natscope_probes import _relay_targets as targets

if TYPE_CHECKING:
    from natscope.plugins.probe_context import ProbeContext

LIMIT_S = 1.0
CLOSING_S = 0.1
MAX_CONCURRENT, GENTLE_CONCURRENT = 64, 8
HEADER_BYTES = 8

_OUTCOMES = {Failure.TIMEOUT: Outcome.NO_ANSWER, Failure.UNREACHABLE_HOST: Outcome.ICMP_ERROR}


def contacts(scope: Scope) -> tuple[Contact, ...]:
    """The first relay of each region; only silent ones unless asked for all."""
    everything = targets.is_on_demand(scope.options, scope.options.icmp)
    return tuple(
        Contact(
            host=node.host_name,
            port=None,
            protocol="icmp",
            packets=1,
            bytes=HEADER_BYTES + len(node.name.encode()),
            seconds=LIMIT_S,
            why=f"echo to relay {node.name}",
            always=everything,
        )
        for region in scope.loaded_map.relay_map.measured_regions()
        if everything or not region.avoid
        for node in targets.nodes_to_ask(region)[:1]
    )


PROBE = Probe(
    name="relay_icmp",
    title="relays by ICMP echo",
    after=("relay_stun",),
    needs=frozenset({"icmp"}),
    budget=Budget(packets=200, bytes=4_000, seconds=LIMIT_S),
    contacts=contacts,
    emits=("icmp.echo", "dns.lookup"),
    flag="--icmp",
)


async def run(ctx: ProbeContext) -> None:
    """Ask the regions that stayed silent, or all of them on demand."""
    everything = targets.is_on_demand(ctx.options, ctx.options.icmp)
    regions = targets.regions_to_ask(ctx, everything=everything)
    gate = asyncio.Semaphore(GENTLE_CONCURRENT if ctx.options.gentle else MAX_CONCURRENT)
    await asyncio.gather(*(_ask_region(ctx, region, gate) for region in regions))


async def _ask_region(ctx: ProbeContext, region: RelayRegion, gate: asyncio.Semaphore) -> None:
    async with gate:
        for node in targets.nodes_to_ask(region)[:1]:
            for family in ctx.families:
                if node.may_have(family) and await _echo(ctx, region, node, family):
                    return


async def _echo(ctx: ProbeContext, region: RelayRegion, node: RelayNode, family: Family) -> bool:
    """One echo; whether the family could be asked (so that the other one need not be)."""
    try:
        ip = await ctx.resolve(node, family)
    except HostError:
        return False
    payload = node.name.encode()[:64]
    sent_at = ctx.host.clock.now()
    limit_s = max(0.05, min(LIMIT_S, ctx.deadline - sent_at - CLOSING_S))
    facts = {"target": str(ip), "family": family, "region_id": region.region_id, "node": node.name, "sent_at": sent_at}
    size = HEADER_BYTES + len(payload)
    try:
        reply = await ctx.host.icmp.echo(ip, payload=payload, timeout_s=limit_s)
    except HostError as error:
        outcome = _OUTCOMES.get(error.failure, Outcome.LOCAL_ERROR)
        sent = outcome is not Outcome.LOCAL_ERROR
        ctx.observe(
            "icmp.echo",
            outcome,
            error=error.failure.value,
            summary=error.message,
            packets=int(sent),
            bytes_sent=size if sent else 0,
            **facts,
        )
        return sent
    except asyncio.CancelledError:
        ctx.observe("icmp.echo", Outcome.CANCELLED, packets=1, bytes_sent=size, summary="cut off", **facts)
        raise
    received_at = sent_at + reply.rtt_s
    facts |= {"source": str(reply.source), "packets": 1, "bytes_sent": size, "received_at": received_at}
    if reply.failure is not None:
        words = "an ICMP error came back"
        ctx.observe("icmp.echo", Outcome.ICMP_ERROR, error=reply.failure.value, summary=words, **facts)
        return True
    ctx.observe("icmp.echo", Outcome.ANSWERED, rtt_ms=round(reply.rtt_s * 1000, 4), bytes_received=size, **facts)
    return True
