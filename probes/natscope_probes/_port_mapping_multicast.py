"""Does multicast pass: the same searches to the group from one socket and to the gateway from another, side by side.

Answers to either look alike, so only a socket of its own tells which search brought one. The gateway's answers to its
own address are the control for the group's silence.
"""

from __future__ import annotations

import asyncio
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from natscope.host.api import HostError
from natscope.machines.api import Event
from natscope.machines.portmap_client.gateways import Way
from natscope.machines.portmap_client.ssdp_search import Found, SsdpSearch
from natscope.machines.portmap_client.timing import COMPARED
from natscope.machines.portmap_client.values import Dropped, Silent
from natscope.model.observation import Outcome
from natscope.portmap.talker import Talker

if TYPE_CHECKING:
    from natscope.plugins.probe_context import ProbeContext

MAX_WAIT_S = 1
"""Devices spread their answers over so long (MX); what is waited for is longer."""
ROUNDS_S = sum(COMPARED.wait_s(tries) for tries in range(1, COMPARED.tries + 1))


async def compare(ctx: ProbeContext, way: Way, until: float) -> None:
    """One observation, none where there was no time to wait for answers, or this host gave no socket."""
    started_at = ctx.host.clock.now()
    if way.gateway is None or until - started_at < ROUNDS_S:
        return
    talkers: list[Talker] = []
    try:
        for to_group in (True, False):
            talkers.append(await _talker(ctx, way, to_group=to_group))
    except HostError:
        pass  # what cannot be asked is not known, and the other questions say why
    else:
        await _watch(ctx, way, talkers[0], talkers[1], started_at)
    finally:
        await asyncio.gather(*(talker.close() for talker in talkers))


async def _talker(ctx: ProbeContext, way: Way, *, to_group: bool) -> Talker:
    assert isinstance(way.gateway, IPv4Address)
    search = SsdpSearch(
        way.gateway, retransmission=COMPARED, to_group=to_group, to_gateway=not to_group, max_wait_s=MAX_WAIT_S
    )
    talker = Talker(ctx.host, await ctx.host.udp.open(4, interface=way.interface, multicast=to_group), search)
    talker.start()
    talker.do(search.start(ctx.host.clock.now()))
    return talker


async def _watch(ctx: ProbeContext, way: Way, group: Talker, gateway: Talker, started_at: float) -> None:
    """Anybody's answer shows that multicast passes; then the gateway's own are of no interest any more."""
    first = await group.wait_for(_is_answer_or_end, started_at + ROUNDS_S)
    answers = [event for _, event in group.after(0) if isinstance(event, Found | Dropped)]
    own = [e for _, e in gateway.after(0) if isinstance(e, Found) and e.source.ip == way.gateway]
    sent = group.packets + gateway.packets
    outcome = Outcome.ANSWERED if answers else Outcome.NO_ANSWER if group.packets else Outcome.LOCAL_ERROR
    words = "somebody answers searches to the group" if answers else "searches to the group were not answered"
    ctx.observe(
        "portmap.multicast",
        outcome,
        family=4,
        target=str(way.gateway),
        sent_at=started_at,
        received_at=first[0] if answers and first is not None else None,
        packets=sent,
        bytes_sent=group.bytes_sent + gateway.bytes_sent,
        bytes_received=group.bytes_received + gateway.bytes_received,
        error=group.send_failure,
        summary=words,
        data={"interface": way.interface, "searches": group.packets, "gateway_answers": len(own)},
    )


def _is_answer_or_end(event: Event) -> bool:
    return isinstance(event, Found | Dropped | Silent)
