"""The control for a gateway's silence: echo requests, spread as the questions are, to lose what those lose."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from natscope.host.api import Failure, HostError
from natscope.machines.portmap_client.gateways import Way
from natscope.model.endpoint import IPAddress
from natscope.model.observation import Outcome

if TYPE_CHECKING:
    from natscope.plugins.probe_context import ProbeContext

ECHO_AT_S = (0.0, 0.35, 0.7)
ECHO_BYTES, HEADER_BYTES = 16, 8


@dataclass(slots=True)
class _Counts:
    times: list[float] = field(default_factory=list)
    failures: list[HostError] = field(default_factory=list)
    sent: int = 0


async def ask_control(ctx: ProbeContext, way: Way, until: float) -> None:
    """Three echo requests and one observation, also when it is cut because nobody needs the rest."""
    if "icmp" not in ctx.host.capabilities or way.gateway is None:
        return
    started_at, counts = ctx.host.clock.now(), _Counts()
    try:
        await asyncio.gather(*(_echo(ctx, way.gateway, counts, started_at + at_s, until) for at_s in ECHO_AT_S))
    finally:
        if counts.sent:
            _observe(ctx, way, counts, started_at)


async def _echo(ctx: ProbeContext, gateway: IPAddress, counts: _Counts, at: float, until: float) -> None:
    await ctx.host.clock.sleep(at - ctx.host.clock.now())
    limit = until - ctx.host.clock.now()
    if limit <= 0:
        return
    counts.sent += 1
    try:
        reply = await ctx.host.icmp.echo(gateway, payload=bytes(ECHO_BYTES), timeout_s=limit)
    except HostError as error:
        counts.failures.append(error)
        return
    if reply.failure is None:
        counts.times.append(reply.rtt_s)


def _observe(ctx: ProbeContext, way: Way, counts: _Counts, started_at: float) -> None:
    times, failures, sent = counts.times, counts.failures, counts.sent
    outcome = Outcome.ANSWERED if times else Outcome.NO_ANSWER
    if not times and failures and all(f.failure is not Failure.TIMEOUT for f in failures):
        outcome, sent = Outcome.LOCAL_ERROR, 0
    ctx.observe(
        "portmap.control",
        outcome,
        family=way.family,
        target=str(way.gateway),
        sent_at=started_at,
        rtt_ms=round(min(times) * 1000, 4) if times else None,
        packets=sent,
        bytes_sent=sent * (ECHO_BYTES + HEADER_BYTES),
        bytes_received=len(times) * (ECHO_BYTES + HEADER_BYTES),
        error=failures[0].failure.value if failures and not times else "",
        data={"interface": way.interface, "sent": sent, "answered": len(times)},
    )
