"""A tunnel takes the packets for a network that this computer is itself in.

What it is
    The mesh VPN (a subnet router of it, or another VPN) offers a route to a network with the same numbers as one that
    this computer is connected to: 192.168.1.0/24 is in half of all homes. Its own printer, router or neighbour is then
    not reached any more, or a stranger at the far end answers in its place; peers at home cannot be reached by their
    local addresses, and lose the shortest way.

What we look for
    - this system's own routing: an address in a network of one of its cards, whose packets it sends into a tunnel.

What would contradict it
    - the packets leave by the card;
    - all packets go into a tunnel (exit node, NS-ENV-02): then that is meant.

What to do
    - Do not accept that route (Tailscale: `tailscale set --accept-routes=false`), or accept it on other computers only.
    - Give one of the two networks other numbers, or let the VPN translate (4via6).

How to verify
    `natscope netcheck` no longer names the network; `ip route get ADDRESS` names the card.

Sources
    RFC 1918 section 5 (networks with the same numbers meet); Tailscale documentation on subnet routers and 4via6.
"""

from __future__ import annotations

import ipaddress

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.facts import Facts
from natscope.diagnosis.hijacks import visible
from natscope.diagnosis.words import enumerated
from natscope.model.finding import Fix, Severity
from natscope.model.report_surroundings import ShadowedNetwork
from natscope.model.tri import Tri

CAUSE = Cause(
    id="NS-HOST-03",
    title="What this computer sends to its own network goes into a tunnel: two networks have the same numbers.",
    severity=Severity.WARN,
    sides=1,
    who_can_fix=("you", "administrator"),
    fires=("network-shadowed",),
    silent=("healthy", "exit-node", "two-uplinks"),
    hidden_by=("NS-ENV-01", "NS-ENV-02"),
    fixes=(
        Fix(
            do="Do not accept that route here (Tailscale: tailscale set --accept-routes=false).",
            who="you",
            effort="E2",
            duration="2 min",
            undo="tailscale set --accept-routes=true",
            verify="natscope netcheck",
        ),
        Fix(
            do="Give one of the two networks other numbers.",
            who="administrator",
            effort="E4",
            duration="1 h",
            undo="give it the old ones",
            verify="natscope netcheck",
        ),
    ),
)


def evidence(facts: Facts) -> Support:
    """What the system would do with such a packet."""
    computer = facts.report.surroundings.computer
    if computer.shadowed is None:
        return unknown("this computer's routes (host_facts)")
    if not computer.shadowed:
        return NOTHING
    told = [f"{one.network} of {visible(one.interface)} (by {visible(one.by)})" for one in computer.shadowed]
    ground = Ground(Strength.DECISIVE, "the system sends packets for its own network into a tunnel", computer.evidence)
    beside = "your router and the computers" if _holds_router(facts, computer.shadowed) else "the computers"
    detail = f"The tunnel takes {enumerated(told)}, so {beside} beside you are out of reach, unless it leads back here."
    return Support(Tri.YES, (ground,), detail=detail)


def _holds_router(facts: Facts, shadowed: tuple[ShadowedNetwork, ...]) -> bool:
    """Whether the gateway of IPv4, as far as it was asked for a port, is in one of these networks."""
    asked = facts.report.port_mapping
    gateways = {service.gateway for service in (asked.upnp, asked.nat_pmp, asked.pcp) if service.gateway}
    return any(
        ipaddress.ip_address(gateway) in ipaddress.ip_network(one.network, strict=False)
        for gateway in gateways
        for one in shadowed
    )


def against(facts: Facts) -> Support:
    """Nothing: the system's own routing says so."""
    return NOTHING
