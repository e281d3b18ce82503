"""Whose packets a router or firewall lets in.

Question: may somebody write to our public endpoint whom we have never written to; another port of one we have?
Method: from a fresh socket that writes to one server only, packets are ordered from another port and from another
address: from a helper, which counts what it sent (docs/helper.md), else by RFC 5780 section 4.4 (CHANGE-REQUEST), with
plain requests on the same socket as the control. Silence is taken for filtering by the assembly only where enough
packets were really sent, the server answered before and after, and the other address is known to answer us.
Can tell: endpoint-independent, address-dependent, address- and port-dependent filtering, with or without translation.
Cannot tell: anything where no relay is a helper or a server with two addresses; who filters, router or host.
Disturbs: nothing; 3 to 60 packets of 64 bytes per family, some of them from the other address.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from natscope.host.api import HostError
from natscope.machines.change_trial import ChangeTrial
from natscope.machines.helper.trial import HelperTrial
from natscope.machines.unseen_trial import MAX_IDS, Trial, TrialResult, beside
from natscope.model.endpoint import Family
from natscope.model.observation import Outcome
from natscope.plugins.probe import Budget, Contact, Probe, Scope
from natscope.wire.stun.helper_messages import Way
from natscope_probes._drive import drive
from natscope_probes._nat_servers import NatServer, is_lossy, local_text, nat_servers, open_socket, own_scout, region_of

if TYPE_CHECKING:
    from natscope.plugins.probe_context import ProbeContext

KIND = "nat.unseen"
WAY_NAMES = {Way.OTHER_PORT: "other-port", Way.OTHER_ADDRESS: "other-address"}
MAX_TRIALS = 3
"""Another server is tried where one did not show both ways."""
RESERVE_S = 0.05
"""Kept before the run's deadline, to write down what was seen."""
MAX_PACKETS = 2 * MAX_IDS
ORDER_BYTES = 64


def contacts(scope: Scope) -> tuple[Contact, ...]:
    """Relays that offer it."""
    return (
        Contact(
            host="a relay that is a helper",
            port=None,
            protocol="udp",
            packets=MAX_PACKETS * len(scope.families),
            bytes=MAX_PACKETS * len(scope.families) * ORDER_BYTES,
            seconds=3.0,
            why="whose packets are let in",
            always=False,
        ),
        *own_scout(scope),
    )


PROBE = Probe(
    name="nat_filtering",
    title="filtering behaviour",
    after=("relay_stun", "nat_servers"),
    needs=frozenset({"udp"}),
    budget=Budget(packets=2 * MAX_PACKETS, bytes=2 * MAX_PACKETS * ORDER_BYTES, seconds=3.0),
    contacts=contacts,
    emits=("nat.unseen", "nat.server"),
)


async def run(ctx: ProbeContext) -> None:
    """Both families at once."""
    async with asyncio.TaskGroup() as tasks:
        for family in ctx.families:
            if ctx.stun(family) is not None:
                tasks.create_task(_family(ctx, family))


async def _family(ctx: ProbeContext, family: Family) -> None:
    """One trial after another until one has shown everything."""
    servers = [s for s in await nat_servers(ctx, family) if s.helper or s.other_address is not None]
    for server in servers[:MAX_TRIALS]:
        if ctx.host.clock.now() > ctx.deadline - 0.3 or await _trial(ctx, server):
            return


async def _trial(ctx: ProbeContext, server: NatServer) -> bool:
    """Whether it needs no other one."""
    try:
        socket = await open_socket(ctx, server.endpoint.family)
    except HostError:
        return True
    trial = _make(ctx, server)
    local = await local_text(ctx, socket, server.endpoint)
    began = ctx.host.clock.now()
    failure = "the run ended"
    try:
        failure = await drive(ctx.host, socket, trial)
    finally:
        socket.close()
        _observe(ctx, trial.result, began, local, failure)
    both = all(count.arrived or count.sent for count in trial.result.ways.values())
    opened = trial.result.ways[Way.OTHER_ADDRESS].arrived > 0
    return opened or (both and trial.result.is_controlled)


def _make(ctx: ProbeContext, server: NatServer) -> Trial:
    ids = ctx.host.rng.bytes(12 * MAX_IDS)
    lossy, until = is_lossy(ctx, server.endpoint.family), ctx.deadline - RESERVE_S
    if server.helper:
        return HelperTrial(server.endpoint, ids, lossy=lossy, until=until)
    assert server.other_address is not None
    return ChangeTrial(server.endpoint, server.other_address, ids, lossy=lossy, until=until)


def _observe(ctx: ProbeContext, result: TrialResult, began: float, local: str, failure: str) -> None:
    """One observation a way: what was asked for, what really left, what came in."""
    region_id, _ = region_of(ctx, result.server)
    shared = {
        "method": result.method,
        "controls": result.controls,
        "controls_sent": result.controls_sent,
        "controlled": result.is_controlled,
        "lossy": result.is_lossy,
        "mapped": [str(mapped) for mapped in result.mapped],
    }
    if result.wrong_sources:
        shared["wrong_sources"] = [str(source) for source in result.wrong_sources]
    packets, bytes_sent, bytes_received = result.packets_sent, result.bytes_sent, result.bytes_received
    for way, count in result.ways.items():
        data = shared | {"way": WAY_NAMES[way], "sent": count.sent, "arrived": count.arrived, "tries": packets}
        if result.method == "helper":
            data |= {"confirmed": count.confirmed, "refused": count.refused, "unconfirmed": count.waiting}
        other = result.offer.other if result.offer else result.other_address
        if way is Way.OTHER_ADDRESS and other is not None:
            data["other"] = str(beside(result.server, other).ip)
        ctx.observe(
            KIND,
            Outcome.ANSWERED if count.arrived else Outcome.NO_ANSWER if count.sent else Outcome.CANCELLED,
            target=str(result.server),
            family=result.server.family,
            region_id=region_id,
            socket=local,
            source="" if count.source is None else str(count.source),
            sent_at=began,
            received_at=ctx.host.clock.now(),
            rtt_ms=None,
            packets=packets,
            bytes_sent=bytes_sent,
            bytes_received=bytes_received,
            summary="" if count.arrived else result.reason or failure,
            data=data,
        )
        packets = bytes_sent = bytes_received = 0
