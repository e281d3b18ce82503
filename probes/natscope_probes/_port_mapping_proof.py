"""Does a packet come in through a mapping? A helper sends one; the socket behind the mapping itself sends nothing.

What arrives there can only have come through the mapping: no filter was opened by a packet of ours. A second socket
orders the packets (docs/helper.md).
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

from natscope.host.api import Datagram, HostError, UdpSocket
from natscope.machines.api import Received, Tick
from natscope.machines.helper.trial import HelperTrial
from natscope.machines.portmap_client.gateways import Way
from natscope.machines.unseen_trial import MAX_IDS, TrialResult
from natscope.model.address_space import is_inside
from natscope.model.endpoint import Endpoint, Family
from natscope.model.observation import Outcome
from natscope.portmap.openers import Grant, Presence
from natscope.wire.stun.helper_messages import Way as HelperWay

if TYPE_CHECKING:
    from natscope.plugins.probe_context import ProbeContext

MAX_HELPERS = 3
"""So many relays are asked one after another whether they help."""
ENOUGH = 3
"""So many packets that were sent and did not come in say that none does."""
KIND = "portmap.proof"


async def prove(ctx: ProbeContext, way: Way, behind: UdpSocket, granted: Grant, found: Presence, until: float) -> None:
    """Have a helper send to the external port, and write down what came in at `behind`."""
    until = min(until, ctx.deadline - 0.15)
    if granted.external is not None and is_inside(granted.external):
        words = f"{granted.external} is not a public address: nobody outside can send there"
        _observe(ctx, way, granted, Outcome.WRONG, "inside-address", words, None)
        return
    result: TrialResult | None = None
    servers: dict[Endpoint, None] = {}
    while ctx.host.clock.now() < until and len(servers) < MAX_HELPERS:
        server = next((s for s in _servers(ctx, way.family) if s not in servers), None)
        if server is None:
            if servers and not any(exchange.is_open for exchange in ctx.exchanges()):
                break
            await ctx.stun_activity(until)
            continue
        servers[server] = None
        result = await _with_helper(ctx, way, behind, granted, server, until)
        if result.offer is not None:
            _judge(ctx, way, granted, result)
            return
    words = "no relay of the map offers to send a packet" if servers else "no relay answers over UDP"
    _observe(ctx, way, granted, Outcome.LOCAL_ERROR, "no-helper", words, result)


def _servers(ctx: ProbeContext, family: Family) -> list[Endpoint]:
    """The nearest relays that answered over that family."""
    best: dict[Endpoint, float] = {}
    for exchange in ctx.exchanges():
        if exchange.answered_at is None or exchange.target.family != family:
            continue
        rtt = exchange.answered_at - exchange.sent_at
        best[exchange.target] = min(rtt, best.get(exchange.target, rtt))
    return sorted(best, key=lambda target: best[target])


async def _with_helper(
    ctx: ProbeContext, way: Way, behind: UdpSocket, granted: Grant, server: Endpoint, until: float
) -> TrialResult:
    trial = HelperTrial(
        server, ctx.host.rng.bytes(12 * MAX_IDS), ways=(HelperWay.OTHER_PORT,), until=until, port=granted.external_port
    )
    try:
        own = way.own if way.family == 6 else None
        asking = await ctx.host.udp.open(way.family, address=own, interface=way.interface)
    except HostError as error:
        trial.result.reason = error.message
        return trial.result
    tasks = [asyncio.ensure_future(sock.receive()) for sock in (asking, behind)]
    try:
        _send(trial, asking, ctx.host.clock.now())
        while not trial.is_over:
            due = trial.deadline()
            wait = None if due is None else max(0.0, due - ctx.host.clock.now())
            await asyncio.wait(tasks, timeout=wait, return_when=asyncio.FIRST_COMPLETED)
            for number, sock in enumerate((asking, behind)):
                if tasks[number].done():
                    item = tasks[number].result()
                    tasks[number] = asyncio.ensure_future(sock.receive())
                    if isinstance(item, Datagram):
                        _send(trial, asking, ctx.host.clock.now(), Received(item.data, item.source, number))
            _send(trial, asking, ctx.host.clock.now())
    except HostError as error:
        trial.result.reason = error.message
    finally:
        for task in tasks:
            task.cancel()
        asking.close()
        with contextlib.suppress(asyncio.CancelledError, HostError):
            await asyncio.gather(*tasks, return_exceptions=True)
    return trial.result


def _send(trial: HelperTrial, sock: UdpSocket, now: float, item: Received | None = None) -> None:
    for command in trial.handle(item or Tick(), now):
        with contextlib.suppress(HostError):
            sock.send(command.data, command.target)


def _judge(ctx: ProbeContext, way: Way, granted: Grant, result: TrialResult) -> None:
    count = result.ways[HelperWay.OTHER_PORT]
    seen = {mapped.ip for mapped in result.mapped}
    is_elsewhere = granted.external is not None and bool(seen) and granted.external not in seen
    if count.arrived and not is_elsewhere:
        _observe(ctx, way, granted, Outcome.ANSWERED, "", f"a packet came in from {count.source}", result)
    elif is_elsewhere:
        # What came in all the same came in at the other address; programs tell peers the router's.
        words = f"the router names {granted.external}, but relays see {', '.join(sorted(map(str, seen)))}"
        _observe(ctx, way, granted, Outcome.WRONG, "other-address", words, result)
    elif count.confirmed >= ENOUGH and result.is_controlled:
        words = f"{count.confirmed} packets were sent to it and none came in"
        _observe(ctx, way, granted, Outcome.NO_ANSWER, "", words, result)
    else:
        words = "too few packets were sent to it to tell"
        _observe(ctx, way, granted, Outcome.LOCAL_ERROR, "no-trial", result.reason or words, result)


def _observe(
    ctx: ProbeContext, way: Way, granted: Grant, outcome: Outcome, code: str, words: str, result: TrialResult | None
) -> None:
    data: dict[str, Any] = {
        "protocol": granted.protocol.value,
        "interface": way.interface,
        "external": None if granted.external is None else str(Endpoint(granted.external, granted.external_port)),
        "internal_port": granted.internal_port,
    }
    if result is not None:
        count = result.ways[HelperWay.OTHER_PORT]
        data |= {
            "helper": str(result.server),
            "seen": [str(mapped) for mapped in result.mapped],
            "ordered": count.sent,
            "confirmed": count.confirmed,
            "arrived": count.arrived,
        }
    ctx.observe(
        KIND,
        outcome,
        family=way.family,
        target="" if result is None else str(result.server),
        source="" if result is None or count.source is None else str(count.source),
        packets=0 if result is None else result.packets_sent,
        bytes_sent=0 if result is None else result.bytes_sent,
        bytes_received=0 if result is None else result.bytes_received,
        error=code,
        summary=words,
        data=data,
    )
