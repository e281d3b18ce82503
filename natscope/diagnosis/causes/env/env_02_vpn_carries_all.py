"""Another VPN, or an exit node, carries this computer's packets.

What it is
    A VPN with the default route takes what programs send, and lets it out somewhere else. Relays then see the VPN's
    address and the VPN's NAT; a mesh VPN inside it works, if at all, by a detour, and "direct" means direct from the
    VPN's way out. An exit node of a mesh VPN does the same, but the mesh's own agent keeps its packets out of it.

What we look for
    - the system's own route to relays leaves by an interface of a VPN (WireGuard, TUN, IPsec);
    - what relays see past it, by a socket that is bound to the network card;
    - where packets with the mark of a mesh agent would leave.

What would contradict it
    - a route to relays that leaves by a network card;
    - signs of a proxy program (then it is NS-ENV-01).

What to do
    - Exempt the mesh VPN's program from the other VPN (split tunnelling, "allow LAN"), or switch one of them off.
    - With an exit node: measure once without it (`tailscale set --exit-node=`).

How to verify
    `natscope netcheck` tells the router again; `ip route get 192.0.2.1` names a network card.

Sources
    ip-rule(8); wg-quick(8) (`Table = auto`); Tailscale issues 2726, 18465; NetBird issue 4503.
"""

from __future__ import annotations

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.facts import Facts
from natscope.diagnosis.hijacks import NAT_UNTOLD, NETCHECK, agent_is_outside, past_it, through, visible
from natscope.model.finding import Fix, Severity
from natscope.model.report_surroundings import WayReport
from natscope.model.tri import Tri

CAUSE = Cause(
    id="NS-ENV-02",
    title="Another VPN carries this computer's packets, those of a mesh VPN too.",
    severity=Severity.FAIL,
    sides=1,
    who_can_fix=("you", "administrator"),
    fires=("vpn-tunnel", "exit-node"),
    silent=("healthy", "proxy-tunnel"),
    hides=NAT_UNTOLD,
    fixes=(
        Fix(
            do="Exempt your mesh VPN's program from the other VPN (split tunnel), or switch one of the two off.",
            who="you",
            effort="E1",
            duration="5 min",
            undo="take the exemption out",
            verify=NETCHECK,
        ),
    ),
)
_EXIT_NODE_FIX = Fix(
    do="Measure once without the exit node.",
    who="you",
    effort="E1",
    duration="1 min",
    undo="choose the exit node again",
    verify=NETCHECK,
)


def evidence(facts: Facts) -> Support:
    """The system's own route is decisive."""
    way = through(facts, "vpn") or through(facts, "overlay")
    if way is None:
        known = facts.report.surroundings.hijacked
        return unknown("the way to relays (route_hijack)") if known is Tri.UNKNOWN else NOTHING
    past = past_it(facts, way)
    ground = Ground(Strength.DECISIVE, f"the route to relays leaves by {visible(way.interface)}", way.evidence)
    is_exit_node = way.owner == "overlay"
    spared = agent_is_outside(way)
    detail = [f"Packets to {way.relays} of {way.of} relays leave by {visible(way.interface)}.", past.words]
    if spared:
        detail.append(f"Packets with the mark of a mesh agent leave by {visible(way.agent_interface)}.")
    return Support(
        Tri.YES,
        (ground, *past.grounds),
        title=_title(way, spared=spared),
        detail=" ".join(part for part in detail if part),
        severity=Severity.WARN if spared else None,
        fixes=(_EXIT_NODE_FIX,) if is_exit_node else None,
    )


def against(facts: Facts) -> Support:
    """A way by a network card, or a proxy program's signs."""
    if facts.report.surroundings.hijacked is Tri.UNKNOWN:
        return unknown("the way to relays (route_hijack)")
    other = through(facts, "vpn") or through(facts, "overlay")
    return NOTHING if other is not None else Support(Tri.YES)


def _title(way: WayReport, *, spared: bool) -> str:
    if way.owner == "overlay":
        return "An exit node of a mesh VPN carries this computer's packets."
    if spared:
        return "Another VPN carries what natscope sends; a mesh VPN's agent goes past it."
    return CAUSE.title
