"""Which relays the probes of the way ask: the plan's own order, so that it is a near one, first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from natscope.host.api import HostError
from natscope.model.address_space import is_inside
from natscope.model.endpoint import Endpoint, Family
from natscope.model.relay_map import RelayNode
from natscope.plugins.probe import Scope
from natscope.plugins.stun_plan import stun_literal

if TYPE_CHECKING:
    from natscope.plugins.probe_context import ProbeContext

MAX_LOOKUPS = 3


def declared(scope: Scope, family: Family) -> list[tuple[str, int]]:
    """Host and port of the relays that the plan asks over a family, in its order."""
    nodes = {(r.region_id, n.name): n for r in scope.loaded_map.relay_map.regions for n in r.nodes}
    found: dict[tuple[str, int], None] = {}
    for send in scope.plan.sends:
        node = nodes[send.region_id, send.node]
        if send.family == family and node.effective_stun_port is not None:
            found[str(stun_literal(node, family) or node.host_name), node.effective_stun_port] = None
    return list(found)


def planned(ctx: ProbeContext, family: Family) -> Iterator[tuple[int, RelayNode]]:
    """Region and node, once each, as the plan asks them over a family."""
    nodes = {(r.region_id, n.name): n for r in ctx.relay_map.regions for n in r.nodes}
    seen: dict[tuple[int, str], None] = {}
    for send in ctx.plan.sends:
        key = (send.region_id, send.node)
        if send.family == family and key not in seen and nodes[key].effective_stun_port is not None:
            seen[key] = None
            yield send.region_id, nodes[key]


async def first(ctx: ProbeContext, family: Family) -> Endpoint | None:
    """The STUN endpoint of the first relay on the internet whose address is known, else of any; None without one."""
    inside: Endpoint | None = None
    for number, (_region, node) in enumerate(planned(ctx, family)):
        if number >= MAX_LOOKUPS:
            break
        try:
            found = Endpoint(await ctx.resolve(node, family, stun=True), node.effective_stun_port or 0)
        except HostError:
            continue
        if not is_inside(found.ip):
            return found
        inside = inside or found
    return inside


def answered(ctx: ProbeContext, family: Family) -> list[tuple[Endpoint, int | None]]:
    """STUN endpoints that answered the shared socket, those on the internet and the fastest first, with regions."""
    best: dict[Endpoint, tuple[float, int | None]] = {}
    for exchange in ctx.exchanges():
        if exchange.answered_at is not None and exchange.target.family == family:
            rtt = exchange.answered_at - exchange.sent_at
            if exchange.target not in best or rtt < best[exchange.target][0]:
                best[exchange.target] = rtt, exchange.region_id
    return [
        (target, region) for target, (_, region) in sorted(best.items(), key=lambda i: (is_inside(i[0].ip), i[1][0]))
    ]


def only_elsewhere(scope: Scope) -> str:
    """The reason to skip a probe of the way where there is none."""
    return "" if leaves_this_computer(scope) else "all relays are on this computer"


def leaves_this_computer(scope: Scope) -> bool:
    """Whether any relay of the map is elsewhere: a run against loopback sends nothing else either."""
    nodes = [node for region in scope.loaded_map.relay_map.regions for node in region.nodes]
    literals = [(node, stun_literal(node, 4) or stun_literal(node, 6)) for node in nodes]
    return any(literal is None or not literal.is_loopback for _node, literal in literals)
