"""Round trips to all relays over UDP, and our address as each of them sees it.

Question: which relays answer STUN, how fast, and what public address and port do they see?
Method: Binding requests in the form that relays answer (SOFTWARE `tailnode`, FINGERPRINT), all regions at once, both
families, each family from one socket, so that the mapped ports can be compared. RFC 8489; upstream: net/netcheck.
Can tell: latency, jitter, loss, public endpoints, whether the mapping varies by destination address.
Cannot tell: filtering, and mapping by destination port (relays listen on one port each): that needs a server with two
addresses.
Disturbs: nothing; about three packets of 40 bytes a relay and family.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from natscope.host.api import HostError
from natscope.model.endpoint import Endpoint, IPAddress
from natscope.model.relay_map import RelayNode
from natscope.plugins.probe import QUICK, Budget, Contact, Probe, Scope
from natscope.plugins.stun_plan import PlannedSend, stun_literal
from natscope_probes._relay_survey import Survey

if TYPE_CHECKING:
    from natscope.plugins.probe_context import ProbeContext

REQUEST_BYTES = 40


def contacts(scope: Scope) -> tuple[Contact, ...]:
    """Every node of the plan, with the sends it may get at most."""
    nodes = {(r.region_id, n.name): n for r in scope.loaded_map.relay_map.regions for n in r.nodes}
    counts: dict[tuple[int, str, int], tuple[int, bool]] = {}
    for send in scope.plan.sends:
        key = (send.region_id, send.node, send.family)
        packets, unconditional = counts.get(key, (0, False))
        counts[key] = (packets + 1, unconditional or not send.only_if_silent)
    found = []
    for (region_id, name, family), (packets, unconditional) in sorted(counts.items()):
        node = nodes[region_id, name]
        literal = stun_literal(node, 4 if family == 4 else 6)
        host = node.host_name if literal is None else str(literal)
        found.append(
            Contact(
                host=host,
                port=node.effective_stun_port,
                protocol="udp",
                packets=packets,
                bytes=packets * REQUEST_BYTES,
                seconds=scope.plan.silent_after_s,
                why=f"STUN to relay {name}",
                always=unconditional,
            )
        )
    return tuple(found)


PROBE = Probe(
    name="relay_stun",
    title="relays over UDP",
    profile=QUICK,
    needs=frozenset({"udp"}),
    budget=Budget(packets=1600, bytes=64_000, seconds=1.5),
    contacts=contacts,
    emits=("stun.binding", "dns.lookup"),
)


class _Run:
    """The survey, its look-ups, and the sockets."""

    def __init__(self, ctx: ProbeContext) -> None:
        self.ctx = ctx
        self.survey = Survey(ctx.plan, tuple(f for f in ctx.families if ctx.stun(f) is not None))
        self.nodes = {(r.region_id, n.name): n for r in ctx.relay_map.regions for n in r.nodes}
        self.lookups: dict[asyncio.Task[None], None] = {}

    def now_s(self) -> float:
        return self.ctx.host.clock.now() - self.ctx.started

    def start(self, send: PlannedSend) -> None:
        node = self.nodes[send.region_id, send.node]
        literal = stun_literal(node, send.family)
        if literal is not None:
            self.send(send, node, literal)
            return
        self.survey.looking_up(send, 1)
        self.lookups[asyncio.get_running_loop().create_task(self.resolve_and_send(send, node))] = None

    def send(self, send: PlannedSend, node: RelayNode, ip: IPAddress) -> None:
        channel, port = self.ctx.stun(send.family), node.effective_stun_port
        if channel is None or port is None:
            return
        exchange = channel.ask(
            Endpoint(ip, port),
            probe=PROBE.name,
            region_id=send.region_id,
            node=node.name,
            form=send.form,
            round=send.round,
        )
        self.survey.sent(send, exchange)

    async def resolve_and_send(self, send: PlannedSend, node: RelayNode) -> None:
        try:
            ip = await self.ctx.resolve(node, send.family, stun=True)
        except HostError:
            return
        finally:
            self.survey.looking_up(send, -1)
        self.send(send, node, ip)

    async def wait(self, until_s: float) -> None:
        """Until a datagram, a look-up's end, or that time."""
        until = self.ctx.started + until_s
        self.lookups = {task: None for task in self.lookups if not task.done()}
        if not self.lookups:
            await self.ctx.stun_activity(until)
            return
        activity = asyncio.get_running_loop().create_task(self.ctx.stun_activity(until))
        try:
            await asyncio.wait((activity, *self.lookups), return_when=asyncio.FIRST_COMPLETED)
        finally:
            activity.cancel()


async def run(ctx: ProbeContext) -> None:
    """Send the plan; end when it is over. Late answers are still taken by the shared socket until the run ends."""
    state = _Run(ctx)
    ctx.progress("asking relays over UDP")
    try:
        while True:
            for send in state.survey.due(state.now_s(), ctx.answered_regions()):
                state.start(send)
            wake_s = state.survey.wake_at(state.now_s(), ctx.answered_regions())
            if wake_s is None:
                return
            await state.wait(wake_s)
    finally:
        for task in state.lookups:
            task.cancel()
        await asyncio.gather(*state.lookups, return_exceptions=True)
