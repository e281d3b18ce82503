"""What this computer knows of itself that changes what a measurement means.

Question: is this a container or a guest of Windows, whose cloud, how large are its buffers, is its clock kept right?
Method: one look at /proc, /sys and netlink (or what the platform has); NetworkManager's own program, where there is
one, is asked which connections are metered. Nothing is sent.
Can tell: container and WSL by their marks, cloud by the firmware's names, limits of UDP buffers and of connection
tracking, sleeping interfaces, temporary IPv6 addresses (RFC 8981), checks of source addresses, is the clock set, is a
default route's connection set as metered, networks of this computer that a tunnel takes, and known security suites by
their processes and modules.
Cannot tell: what the system does not say; each such thing has its reason.
Disturbs: nothing.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

import msgspec

from natscope.model.observation import Outcome
from natscope.plugins.probe import QUICK, Probe

if TYPE_CHECKING:
    from natscope.host.system_api import SystemFacts
    from natscope.plugins.probe_context import ProbeContext

PROBE = Probe(
    name="host_facts",
    title="what this computer says about itself",
    profile=QUICK,
    needs=frozenset({"links", "system"}),
    emits=("host.system",),
    relays=False,
)
TUNNELS = frozenset({"tun", "wireguard", "amneziawg", "ovpn", "ovpn-dco", "xfrm", "vti", "vti6", "ipsec"})
NO_WIRE = TUNNELS | {"loopback"}
MAX_NETWORKS = 16
_AWAKE = frozenset({"up", "unknown"})


async def run(ctx: ProbeContext) -> None:
    """Look, and write down what was seen."""
    facts = await ctx.host.system.look(thorough=True)
    shadowed = await _shadowed(ctx, facts)
    metered, unread = await _metered(ctx, facts)
    wired = [d for d in facts.devices if d.driver != "loopback"]
    ctx.observe(
        "host.system",
        Outcome.ANSWERED,
        data={
            "container": None if facts.container is None else msgspec.to_builtins(facts.container),
            "wsl": facts.wsl,
            "cloud": facts.cloud,
            "clock_synchronised": facts.clock_synchronised,
            "receive_buffer_max": facts.receive_buffer_max,
            "receive_buffer_default": facts.receive_buffer_default,
            "conntrack_count": facts.conntrack_count,
            "conntrack_max": facts.conntrack_max,
            "source_drops": facts.source_drops,
            "strict_source": [d.name for d in wired if d.strict_source],
            "temporary_addresses": [a for d in wired for a in d.temporary],
            "asleep": [f"{d.name} ({d.state})" for d in wired if d.up and d.state not in _AWAKE],
            "metered": metered,
            "devices": [{"name": d.name, "driver": d.driver, "addresses": list(d.addresses)} for d in wired[:64]],
            "shadowed": shadowed,
            "gateway_makers": _makers(facts),
            "suites": None if facts.suites is None else [msgspec.to_builtins(suite) for suite in facts.suites],
            "unread": unread,
        },
        summary=f"{len(wired)} interfaces, {len(facts.unread)} things are not told",
    )


async def _metered(ctx: ProbeContext, facts: SystemFacts) -> tuple[dict[str, bool], dict[str, str]]:
    """Of the default routes' interfaces, and what is not told with the reasons."""
    ways = dict.fromkeys(route.interface for route in (await ctx.links()).default_routes)
    known = {name: facts.metered[name] for name in ways if name in facts.metered}
    untold = [name for name in ways if name not in known]
    if not untold:
        return known, {name: why for name, why in facts.unread.items() if name != "metered" or not ways}
    why = facts.unread.get("metered", f"nobody tells it of {', '.join(untold)}")
    return known, facts.unread | {"metered": why}


def _makers(facts: SystemFacts) -> list[str]:
    """Of the gateways of IPv4's default routes that this computer has written to of late."""
    gateways = [r.gateway for r in facts.routes if r.destination in ("0.0.0.0/0", "default") and r.gateway]
    return [facts.neighbours[ip] for ip in dict.fromkeys(gateways) if ip in facts.neighbours]


async def _shadowed(ctx: ProbeContext, facts: SystemFacts) -> list[dict[str, str]] | None:
    """Networks on a wire whose packets this system sends into a tunnel; None where it tells no routes."""
    if "routes" in facts.unread or "devices" in facts.unread:
        return None
    drivers = {device.name: device.driver for device in facts.devices}
    own = {address for device in facts.devices for address in device.addresses}
    asked = []
    for route in facts.routes:
        if route.gateway or route.kind != "unicast" or drivers.get(route.interface, "loopback") in NO_WIRE:
            continue
        network = ipaddress.ip_network(route.destination, strict=False)
        if 0 < network.prefixlen <= network.max_prefixlen - 3 and not network.is_link_local:
            somebody = next(ip for n in range(2, 7) if str(ip := network.network_address + n) not in own)
            asked.append((network, route.interface, somebody))
    choices = await ctx.host.system.route_to([somebody for *_, somebody in asked[:MAX_NETWORKS]])
    return [
        {"network": str(network), "interface": interface, "by": choice.interface}
        for (network, interface, _), choice in zip(asked, choices, strict=False)
        if choice.interface != interface and drivers.get(choice.interface) in TUNNELS
    ]
