"""Which UDP datagrams pass: those of STUN, those that look random, those that look like WireGuard.

Question: does somebody on the way drop datagrams for what they look like?
Method: a helper (docs/helper.md) answers 64 bytes that look random, and 148 that look like WireGuard's first packet;
plain requests go beside them. Where no relay answers STUN, the first relays of the map get the random ones all the
same: a helper's answer then shows that only STUN is filtered. No handshake is begun, with nobody.
Can tell: that STUN is dropped and other UDP is not; that WireGuard's handshake is dropped and other UDP is not.
Cannot tell: anything without a helper; filters that look at more than the first packet of a flow.
Disturbs: nothing; two to 18 packets to one relay, where relays are silent nine to three of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from natscope.host.api import HostError
from natscope.machines.shape_trial import TRIES, ShapeCount, ShapeTrial
from natscope.model.endpoint import Endpoint, Family
from natscope.model.observation import Outcome
from natscope.plugins.probe import Budget, Contact, Probe, Scope
from natscope.wire.udp_shapes import Shape
from natscope_probes import _path_targets as targets
from natscope_probes._drive import drive
from natscope_probes._nat_servers import answered, local_text, nat_servers, open_socket, own_scout, region_of

if TYPE_CHECKING:
    from natscope.plugins.probe_context import ProbeContext

KIND = "udp.shape"
SILENT_RELAYS, SILENT_TRIES = 3, 3
SHAPES = (Shape.OPAQUE, Shape.WIREGUARD)
PACKETS = 2 * max(TRIES * (len(SHAPES) + 1), SILENT_RELAYS * SILENT_TRIES * 2)
BYTES = PACKETS * 90
SECONDS = 1.5


def contacts(scope: Scope) -> tuple[Contact, ...]:
    """A relay that is a helper; where none answers, the first of the plan."""
    return (
        Contact("one relay that is a helper", None, "udp", TRIES * 3, TRIES * 252, SECONDS, "which UDP passes",
                always=False),
        *(
            Contact(host, port, "udp", 2 * SILENT_TRIES, SILENT_TRIES * 104, SECONDS, "does UDP pass that is no STUN?",
                    always=False)
            for host, port in targets.declared(scope, 4)[:SILENT_RELAYS]
        ),
        *own_scout(scope),
    )  # fmt: skip


PROBE = Probe(
    name="udp_shapes",
    title="which UDP passes",
    after=("relay_stun", "nat_servers"),
    when=targets.only_elsewhere,
    needs=frozenset({"udp"}),
    budget=Budget(packets=PACKETS, bytes=BYTES, seconds=SECONDS),
    contacts=contacts,
    emits=(KIND, "nat.server", "dns.lookup"),
    uses=("relay_stun", "nat_servers"),
)


async def run(ctx: ProbeContext) -> None:
    """Both families, side by side."""
    await asyncio.gather(*(_family(ctx, family) for family in ctx.families if ctx.stun(family) is not None))


async def _family(ctx: ProbeContext, family: Family) -> None:
    if answered(ctx, family):
        helper = next((server.endpoint for server in await nat_servers(ctx, family) if server.helper), None)
        if helper is not None:
            await _trial(ctx, helper, SHAPES, TRIES)
        return
    if not any(e.target.family == family for e in ctx.exchanges()):
        return
    ctx.progress("trying UDP that is no STUN")
    asked = [await _address(ctx, family, number) for number in range(SILENT_RELAYS)]
    wanted = [target for target in dict.fromkeys(asked) if target is not None]
    await asyncio.gather(*(_trial(ctx, target, SHAPES[:1], SILENT_TRIES) for target in wanted))


async def _address(ctx: ProbeContext, family: Family, number: int) -> Endpoint | None:
    nodes = list(targets.planned(ctx, family))[number : number + 1]
    try:
        return next(
            iter([Endpoint(await ctx.resolve(n, family, stun=True), n.effective_stun_port or 0) for _, n in nodes]),
            None,
        )
    except HostError:
        return None


async def _trial(ctx: ProbeContext, target: Endpoint, shapes: Sequence[Shape], tries: int) -> None:
    try:
        socket = await open_socket(ctx, target.family)
    except HostError:
        return
    random = ctx.host.rng.bytes(ShapeTrial.random_needed(shapes, tries))
    trial = ShapeTrial(target, shapes, random, tries=tries)
    local = await local_text(ctx, socket, target)
    try:
        await drive(ctx.host, socket, trial)
    finally:
        socket.close()
        for name, count in trial.counts.items():
            if count.tries:
                _record(ctx, target, local, name, count)


def _record(ctx: ProbeContext, target: Endpoint, local: str, name: str, count: ShapeCount) -> None:
    region_id, node = region_of(ctx, target)
    ctx.observe(
        KIND, Outcome.ANSWERED if count.answered else Outcome.NO_ANSWER, target=str(target), family=target.family,
        region_id=region_id, node=node, socket=local, sent_at=count.first_at, bytes_sent=count.bytes_sent,
        bytes_received=count.bytes_received, packets=count.tries,
        received_at=None if count.rtt_s is None else count.first_at + count.rtt_s,
        summary=f"{name}: {count.answered} of {count.tries} came back",
        data={"shape": name, "tries": count.tries, "answered": count.answered},
    )  # fmt: skip
