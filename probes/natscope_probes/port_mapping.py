"""Whether the router opens a port when it is asked, by PCP, NAT-PMP and UPnP IGD, and whether packets come in by it.

Question: does this network's router open ports, and do they lead here?
Method: all three protocols side by side at the gateway of every default route. NAT-PMP's address request (RFC 6886),
PCP's ANNOUNCE (RFC 6887), SSDP searches to the gateway and to 239.255.255.250; where one answers, a UDP port of ours is
opened for two minutes, a relay that helps sends a packet to it (docs/helper.md), and the port is closed again. Echo
requests to the gateway are the control: only beside answers to them does silence mean that nobody is there. Where the
gateway answers a search to its own address, the same searches go to the group alone, to see whether multicast passes.
Can tell: services that are there, that refuse and in which words, that open a port which leads here or nowhere.
Cannot tell: what a router without services would do by a rule made by hand; IPv6 (`ipv6_pinhole` asks for that).
Disturbs: a port is open for a moment; it is closed again also after Ctrl-C, and lapses after a crash. Nothing is sent
into tunnels, nor to anybody but the gateway and that group, on the interface of the default route alone.
"""

from __future__ import annotations

import asyncio
from ipaddress import IPv4Address
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
PROOFS = 100
"""Packets to relays, for three ports of which nothing comes in; usually it is six."""
COMPARED = 3
"""Rounds of searches in which the group is compared with the gateway."""
PACKETS, BYTES = 187, 22_000
TRIAL_S, TIDY_S = 4.5, 1.0


def contacts(scope: Scope) -> tuple[Contact, ...]:
    """The gateways are known when links are read; whoever they are, no more is sent to them."""
    is_full = scope.options.profile == "full"
    wait, rounds = (FULL_WAIT_S, 4) if is_full else (WAIT_S, 3)
    why = "opens a port and closes it"
    return (
        Contact("the gateway", 5351, "udp", 40, 1_600, wait + TRIAL_S, why),
        Contact("the gateway", 1900, "udp", rounds + COMPARED, 100 * (rounds + COMPARED), wait, why),
        Contact("the gateway", None, "tcp", 12, 8_000, TRIAL_S, "UPnP, where it answers", always=False),
        Contact("the gateway", None, "icmp", ECHOES, 100, wait, "is it there at all?"),
        Contact(
            "group 239.255.255.250",
            1900,
            "udp",
            3 * (rounds + COMPARED),
            420 * (rounds + COMPARED),
            wait,
            "UPnP search",
        ),
        Contact("a relay that is a helper", None, "udp", PROOFS, 80 * PROOFS, 1.5, "does it come in?", always=False),
    )


def when(scope: Scope) -> str:
    """IPv4 only, and not where the run is about this computer alone."""
    if 4 not in scope.families:
        return "ports are opened for IPv4 only"
    return only_elsewhere(scope)


PROBE = Probe(
    name="port_mapping",
    title="opening a port on the router",
    families=(4,),
    uses=("relay_stun",),
    when=when,
    needs=frozenset({"udp", "links"}),
    tidies_s=TIDY_S,
    budget=Budget(packets=PACKETS, bytes=BYTES, seconds=FULL_WAIT_S + TRIAL_S),
    contacts=contacts,
    emits=(
        "portmap.gateway", "portmap.control", "portmap.service", "portmap.multicast", "portmap.map", "portmap.proof",
        "portmap.removed",
    ),
)  # fmt: skip


async def run(ctx: ProbeContext) -> None:
    """Choose the gateways and ask them side by side."""
    from natscope.machines.portmap_client.gateways import choose

    links = await ctx.links()
    asked = []
    for choice in choose(_ways(links), ctx.options.interface):
        way = choice.way
        ctx.observe(
            "portmap.gateway",
            Outcome.ANSWERED,
            family=4,
            target="" if way.gateway is None else str(way.gateway),
            summary=choice.reason,
            data={"interface": way.interface, "asked": choice.is_asked, "metric": way.metric},
        )
        if choice.is_asked:
            asked.append(way)
    if asked:
        ctx.progress("asking the router to open a port")
    async with asyncio.TaskGroup() as tasks:  # unlike gather, it waits for those that close what they opened
        for way in asked:
            tasks.create_task(_ask(ctx, way))


def _ways(links: LinkFacts) -> list[Way]:
    from natscope.machines.portmap_client.gateways import Way

    interfaces = {interface.name: interface for interface in links.interfaces}
    found = []
    for route in links.default_routes:
        if route.family != 4:
            continue
        interface = interfaces.get(route.interface)
        own = next((a for a in interface.addresses if isinstance(a, IPv4Address)), None) if interface else None
        gateway = route.gateway if isinstance(route.gateway, IPv4Address) else None
        found.append(Way(route.interface, interface.kind if interface else "unknown", own, gateway, route.metric))
    return found


async def _ask(ctx: ProbeContext, way: Way) -> None:
    from natscope.machines.portmap_client.timing import HASTY, PATIENT, PATIENT_SEARCH, SEARCH
    from natscope.machines.portmap_client.values import Protocol
    from natscope.portmap.igd_opener import open_igd
    from natscope.portmap.udp_opener import open_nat_pmp, open_pcp
    from natscope_probes._port_mapping_control import ask_control
    from natscope_probes._port_mapping_trial import Trial, opened

    is_full = ctx.options.profile == "full"
    wait_s = FULL_WAIT_S if is_full else WAIT_S
    tries, searches = (PATIENT, PATIENT_SEARCH) if is_full else (HASTY, SEARCH)
    wait_until = min(ctx.host.clock.now() + wait_s, ctx.deadline - 0.1)
    makers = {
        Protocol.NAT_PMP: open_nat_pmp(ctx.host, way, tries, strict=False),
        Protocol.PCP: open_pcp(ctx.host, way, tries, strict=False),
        Protocol.UPNP: open_igd(ctx.host, ctx.http, way, permanent=False, retransmission=searches),
    }
    openers = [await opened(ctx, way, make, protocol.value) for protocol, make in makers.items()]
    trials = [Trial(ctx, way, opener, wait_until) for opener in openers if opener is not None]
    async with asyncio.TaskGroup() as tasks:
        control = tasks.create_task(ask_control(ctx, way, wait_until))
        async with asyncio.TaskGroup() as inner:
            for trial in trials:
                inner.create_task(trial.run())
        control.cancel()  # everything is known: nobody needs the rest of it
