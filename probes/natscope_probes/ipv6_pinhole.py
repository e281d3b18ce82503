"""Whether the IPv6 router opens its firewall when it is asked, and whether packets come in then.

Question: does the router let peers in over IPv6 by PCP?
Method: PCP's ANNOUNCE to the gateway of every IPv6 default route, from the address that would be offered to peers;
where it answers, a UDP port of ours is opened for two minutes (MAP, RFC 6887; nothing is translated, so the external
place is our own), a relay that helps sends a packet to it (docs/helper.md), and the port is closed again. Echo requests
to the gateway are the control: only beside answers to them does silence mean that nobody is there.
Can tell: that the service is there, refuses and in which words, opens a port that packets come in by.
Cannot tell: whether packets would come in without it; that is what the filtering over IPv6 says.
Disturbs: a port is open for a moment; it is closed again also after Ctrl-C, and lapses after a crash. Nothing is sent
into tunnels, nor to anybody but the gateway.
"""

from __future__ import annotations

import asyncio
import ipaddress
from typing import TYPE_CHECKING

from natscope.host.api import LinkFacts
from natscope.model.observation import Outcome
from natscope.plugins.probe import Budget, Contact, Probe, Scope
from natscope_probes._path_targets import only_elsewhere

if TYPE_CHECKING:
    from natscope.machines.portmap_client.gateways import Way
    from natscope.plugins.probe_context import ProbeContext

WAIT_S, FULL_WAIT_S = 1.2, 3.0
"""How long a gateway may stay silent."""
ECHOES = 3
PROOFS = 34
PACKETS, BYTES = 60, 5_000
TRIAL_S, TIDY_S = 4.5, 1.0
_FAR_AWAY = ipaddress.IPv6Address("2001:db8::1")
"""A documentation address: asked for the route only, never sent to (RFC 3849)."""


def contacts(scope: Scope) -> tuple[Contact, ...]:
    """The gateway is known when links are read; whoever it is, no more is sent to it."""
    wait = FULL_WAIT_S if scope.options.profile == "full" else WAIT_S
    why = "opens a port of the IPv6 firewall and closes it"
    return (
        Contact("the IPv6 gateway", 5351, "udp", 20, 1_400, wait + TRIAL_S, why),
        Contact("the IPv6 gateway", None, "icmp", ECHOES, 100, wait, "is it there at all?"),
        Contact("a relay that is a helper", None, "udp", PROOFS, 80 * PROOFS, 1.5, "does it come in?", always=False),
    )


PROBE = Probe(
    name="ipv6_pinhole",
    title="opening the IPv6 firewall",
    families=(6,),
    uses=("relay_stun",),
    when=only_elsewhere,
    needs=frozenset({"udp", "links"}),
    tidies_s=TIDY_S,
    budget=Budget(packets=PACKETS, bytes=BYTES, seconds=FULL_WAIT_S + TRIAL_S),
    contacts=contacts,
    emits=(
        "portmap.gateway", "portmap.control", "portmap.service", "portmap.map", "portmap.proof", "portmap.removed",
    ),
)  # fmt: skip


async def run(ctx: ProbeContext) -> None:
    """Choose the gateways and ask them side by side."""
    from natscope.machines.portmap_client.gateways import choose

    ways = await _ways(ctx, await ctx.links())
    asked = []
    for choice in choose(ways, ctx.options.interface):
        way = choice.way
        ctx.observe(
            "portmap.gateway",
            Outcome.ANSWERED,
            family=6,
            target="" if way.gateway is None else str(way.gateway),
            summary=choice.reason,
            data={"interface": way.interface, "asked": choice.is_asked, "metric": way.metric},
        )
        if choice.is_asked:
            asked.append(way)
    async with asyncio.TaskGroup() as tasks:  # unlike gather, it waits for those that close what they opened
        for way in asked:
            tasks.create_task(_ask(ctx, way))


async def _ways(ctx: ProbeContext, links: LinkFacts) -> list[Way]:
    """Each default route with the address that the system would take, else a global one of its interface."""
    from natscope.machines.portmap_client.gateways import Way

    interfaces = {interface.name: interface for interface in links.interfaces}
    usual = await ctx.host.links.source_for(_FAR_AWAY)
    found = []
    for route in links.default_routes:
        if route.family != 6:
            continue
        interface = interfaces.get(route.interface)
        have = [ip for ip in interface.addresses if ip.version == 6 and not ip.is_link_local] if interface else []
        own = usual if usual in have else next(iter(have), None)
        gateway = route.gateway
        if isinstance(gateway, ipaddress.IPv6Address) and gateway.is_link_local and not gateway.scope_id:
            gateway = ipaddress.IPv6Address(f"{gateway}%{route.interface}")
        found.append(Way(route.interface, interface.kind if interface else "unknown", own, gateway, route.metric))
    return found


async def _ask(ctx: ProbeContext, way: Way) -> None:
    from natscope.machines.portmap_client.timing import HASTY, PATIENT
    from natscope.portmap.udp_opener import open_pcp
    from natscope_probes._port_mapping_control import ask_control
    from natscope_probes._port_mapping_trial import Trial, opened

    is_full = ctx.options.profile == "full"
    wait_until = min(ctx.host.clock.now() + (FULL_WAIT_S if is_full else WAIT_S), ctx.deadline - 0.1)
    ctx.progress("asking the router to open its IPv6 firewall")
    opener = await opened(ctx, way, open_pcp(ctx.host, way, PATIENT if is_full else HASTY, strict=False), "pcp")
    if opener is None:
        return
    async with asyncio.TaskGroup() as tasks:
        control = tasks.create_task(ask_control(ctx, way, wait_until))
        await Trial(ctx, way, opener, wait_until).run()
        control.cancel()  # everything is known: nobody needs the rest of it
