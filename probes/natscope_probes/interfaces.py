"""Interfaces, addresses and default routes of this host.

Question: what could this host use: which interfaces, addresses, gateways; is it in 100.64.0.0/10?
Method: one look at the system's tables (netlink, or what the platform has), and which local address the system would
take for each family. Nothing is sent.
Can tell: absent or link-local-only IPv6, missing default routes, an overlay's or a carrier's address range.
Cannot tell: whether any of it works.
Disturbs: nothing.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any

from natscope.host.api import LinkFacts
from natscope.model.endpoint import IPAddress
from natscope.model.observation import Outcome
from natscope.plugins.probe import QUICK, Probe

if TYPE_CHECKING:
    from natscope.plugins.probe_context import ProbeContext

PROBE = Probe(
    name="interfaces",
    title="interfaces and routes",
    profile=QUICK,
    needs=frozenset({"links"}),
    emits=("host.links",),
    relays=False,
)

_FAR_AWAY: tuple[tuple[int, IPAddress], ...] = (
    (4, ipaddress.IPv4Address("192.0.2.1")),
    (6, ipaddress.IPv6Address("2001:db8::1")),
)
"""Documentation addresses: asked for the route only, never sent to (RFC 5737, RFC 3849)."""


async def run(ctx: ProbeContext) -> None:
    """Look, and write down what was seen."""
    facts = await ctx.links()
    data = describe(facts)
    for family, far in _FAR_AWAY:
        source = await ctx.host.links.source_for(far)
        data[f"source_v{family}"] = None if source is None else str(source)
    ctx.observe("host.links", Outcome.ANSWERED, data=data, summary=f"{len(facts.interfaces)} interfaces")


def describe(facts: LinkFacts) -> dict[str, Any]:
    """The facts as JSON values."""
    return {
        "interfaces": [
            {"name": i.name, "kind": i.kind, "up": i.up, "mtu": i.mtu, "addresses": [str(a) for a in i.addresses]}
            for i in facts.interfaces
        ],
        "default_routes": [
            {
                "family": r.family,
                "interface": r.interface,
                "gateway": None if r.gateway is None else str(r.gateway),
                "metric": r.metric,
            }
            for r in facts.default_routes
        ],
        "routes_known": facts.routes_known,
        "os_ipv4": facts.os_ipv4,
        "os_ipv6": facts.os_ipv6,
    }
