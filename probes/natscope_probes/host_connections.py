"""UDP flows of this computer that nothing answers, and whose source port its own rules have rewritten.

Question: does a stuck row of the kernel's table of connections send this computer's packets out from a wrong port?
Method: one look at /proc/net/nf_conntrack. A flow of our own that had no answer and leaves by another port is told
where the same local port has flows, answered ones, that leave by the port itself. Nothing is sent, nothing is changed.
Can tell: which local port, which peer, which port is on the wire.
Cannot tell: anything without root, or where this system tracks no connections; why the row came to be.
Disturbs: nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from natscope.model.endpoint import IPAddress
from natscope.model.observation import Outcome
from natscope.plugins.probe import QUICK, Probe

if TYPE_CHECKING:
    from natscope.plugins.probe_context import ProbeContext
    from natscope.wire.conntrack import Flow

PROBE = Probe(
    name="host_connections",
    title="stuck rows of this computer's table of connections",
    profile=QUICK,
    needs=frozenset({"links", "system"}),
    emits=("host.connections",),
    relays=False,
)
MAX_TOLD = 16


async def run(ctx: ProbeContext) -> None:
    """Look, and write down what was seen."""
    from natscope.wire.conntrack import read_flows

    table = await ctx.host.system.connections()
    if table.text is None:
        ctx.observe("host.connections", Outcome.LOCAL_ERROR, error="unread", summary=table.reason,
                    data={"reason": table.reason, "hint": table.hint})  # fmt: skip
        return
    links = await ctx.links()
    own = {address for interface in links.interfaces for address in interface.addresses}
    flows = list(read_flows(table.text))
    stuck = list(stuck_flows(flows, own))
    ctx.observe("host.connections", Outcome.ANSWERED, summary=f"{len(flows)} UDP flows, {len(stuck)} stuck",
                data={"flows": len(flows), "stuck": stuck[:MAX_TOLD]})  # fmt: skip


def stuck_flows(flows: Iterable[Flow], own: set[IPAddress]) -> Iterator[dict[str, Any]]:
    """Unanswered flows from a wrong port, beside answered ones of the same local port from the right one."""
    mine = [flow for flow in flows if flow.source.ip in own]
    sound = {flow.source.port for flow in mine if flow.replied and not flow.is_rewritten}
    for flow in mine:
        if not flow.replied and flow.is_rewritten and flow.source.port in sound:
            yield {"port": flow.source.port, "peer": str(flow.target), "wire_port": flow.seen_as.port}
