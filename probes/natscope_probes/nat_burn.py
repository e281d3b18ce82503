"""Does a packet that comes in too early take a port away?

Question: when somebody writes to us before we write to him, do our packets to him still leave by the usual port?
Method: from a fresh socket that has written to one helper only, packets are ordered from the helper's other address
(docs/helper.md), until the helper has counted enough that did not come in. Then the same socket asks two ports of that
address by STUN: the one that wrote too early, and one that never did. A third port at the second one, and not at the
helper, would be a router that picks ports by destination; a third port at the early one alone is a port that burnt.
RFC 4787 section 5 has no word for it; Linux netfilter does it where no rule drops such packets.
Can tell: whether early packets move the flow to another port, or stop it.
Cannot tell: anything where no relay is a helper with two addresses, where the early packets come in, or where the port
depends on the destination anyway.
Disturbs: nothing; up to 40 packets of 64 bytes, some of them from the other address.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from natscope.host.api import HostError, UdpSocket
from natscope.machines.helper.trial import HelperTrial
from natscope.machines.many_asks import ManyAsks
from natscope.machines.unseen_trial import MAX_IDS, TrialResult, beside
from natscope.model.endpoint import Endpoint
from natscope.model.observation import Outcome
from natscope.plugins.probe import FULL, Budget, Contact, Probe, Scope
from natscope.wire.stun.helper_messages import Way
from natscope_probes._drive import drive
from natscope_probes._nat_servers import NatServer, is_lossy, local_text, nat_servers, open_socket, own_scout, region_of

if TYPE_CHECKING:
    from natscope.plugins.probe_context import ProbeContext

NAME, KIND = "nat_burn", "nat.early"
RESERVE_S = 0.9
"""Kept for the two questions at the end."""
MAX_PACKETS, REQUEST_BYTES = 40, 64
NOT_ASKED = "it takes some seconds: --profile full"


def contacts(scope: Scope) -> tuple[Contact, ...]:
    """A relay that is a helper, and those that are asked whether they are one."""
    return (
        *own_scout(scope),
        Contact(
            host="a relay that is a helper",
            port=None,
            protocol="udp",
            packets=MAX_PACKETS,
            bytes=MAX_PACKETS * REQUEST_BYTES,
            seconds=3.0,
            why="whether early packets take ports away",
            always=False,
        ),
    )


def when(scope: Scope) -> str:
    """With everything, or where it was named."""
    return "" if scope.options.profile == FULL or NAME in scope.options.only else NOT_ASKED


PROBE = Probe(
    name=NAME,
    title="packets that come too early",
    after=("relay_stun", "nat_servers", "nat_mapping", "nat_filtering"),
    when=when,
    needs=frozenset({"udp"}),
    budget=Budget(packets=2 * MAX_PACKETS, bytes=2 * MAX_PACKETS * REQUEST_BYTES, seconds=3.0),
    contacts=contacts,
    emits=(KIND, "nat.server"),
)


async def run(ctx: ProbeContext) -> None:
    """Over IPv4, where routers translate, at the best helper that has another address."""
    if 4 not in ctx.families or ctx.stun(4) is None:
        return
    for server in await nat_servers(ctx, 4):
        if server.helper and server.others:
            await _try(ctx, server)
            return


async def _try(ctx: ProbeContext, server: NatServer) -> None:
    try:
        socket = await open_socket(ctx, 4)
    except HostError:
        return
    began, local = ctx.host.clock.now(), await local_text(ctx, socket, server.endpoint)
    ids = ctx.host.rng.bytes(12 * MAX_IDS)
    until = ctx.deadline - RESERVE_S
    trial = HelperTrial(server.endpoint, ids, ways=(Way.OTHER_ADDRESS,), lossy=is_lossy(ctx, 4), until=until)
    data: dict[str, Any] = {}
    sent = received = packets = 0
    calm = early = server.others[0]
    try:
        await drive(ctx.host, socket, trial)
        calm, early = _others(trial.result) or (calm, early)
        if _was_held_off(trial.result) and calm != early:
            asks = await _ask(ctx, socket, (calm, early))
            sent, received = sum(a.bytes_sent for a in asks.asked), sum(a.bytes_received for a in asks.asked)
            packets = sum(a.sends for a in asks.asked)
            data = {str(a.target): None if a.mapped is None else str(a.mapped) for a in asks.asked}
    finally:
        socket.close()
        count = trial.result.ways[Way.OTHER_ADDRESS]
        region_id, node = region_of(ctx, server.endpoint)
        ctx.observe(
            KIND,
            Outcome.ANSWERED if data else Outcome.CANCELLED,
            target=str(early),
            family=4,
            region_id=region_id,
            node=node,
            socket=local,
            sent_at=began,
            received_at=ctx.host.clock.now(),
            packets=trial.result.packets_sent + packets,
            bytes_sent=trial.result.bytes_sent + sent,
            bytes_received=trial.result.bytes_received + received,
            summary=trial.result.reason,
            data={
                "helper": str(server.endpoint), "calm": str(calm), "came_early": count.confirmed,
                "let_in": count.arrived, "mapped": [str(mapped) for mapped in trial.result.mapped],
                "seen_calm": data.get(str(calm)), "seen_early": data.get(str(early)),
                "tries": trial.result.packets_sent + packets,
            },
        )  # fmt: skip


def _others(result: TrialResult) -> tuple[Endpoint, Endpoint] | None:
    """A port of the other address that keeps quiet, and the one that packets come from.

    By this trial's own offer: a helper knows its peer's other port only once it has spoken with it.
    """
    told = result.offer
    if told is None or told.other is None or not told.other.port or not told.other_main_port:
        return None
    other = beside(result.server, told.other)
    return Endpoint(other.ip, told.other_main_port), other


def _was_held_off(result: TrialResult) -> bool:
    """Whether packets were sent that did not come in; what comes in burns nothing."""
    count = result.ways[Way.OTHER_ADDRESS]
    return bool(count.confirmed) and not count.arrived


async def _ask(ctx: ProbeContext, socket: UdpSocket, targets: tuple[Endpoint, ...]) -> ManyAsks:
    asks = ManyAsks(targets, ctx.host.rng.bytes(12 * ManyAsks.ids_needed(len(targets))))
    await drive(ctx.host, socket, asks)
    return asks
