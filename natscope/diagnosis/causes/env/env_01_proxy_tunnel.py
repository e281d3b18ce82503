"""A proxy program on this computer takes all packets, those of a mesh VPN too.

What it is
    Proxy programs (Clash, mihomo, sing-box, Surge and others) make a TUN interface and give it the default route.
    Whatever a program sends goes into the proxy, which sends it on in its own way or to a server far off. The packets
    of a mesh VPN's agent go the same way: peers are told an address that is the proxy's, direct connections fail or
    run in a circle through the proxy, and the nearest relay looks far. A measurement sees the proxy, not the router.

What we look for
    - the system's own route to every relay leaves by a TUN interface;
    - a sign of such programs: an address or a relay's name in 198.18.0.0/15 (invented addresses, "fake IP"), the name
      of the interface, their routing rules;
    - without a TUN interface here, names of relays in 198.18.0.0/15: then the program runs on the router, or wherever
      the name server is;
    - what relays see past the TUN interface, by a socket that is bound to the other one.

What would contradict it
    - a route to relays that leaves by a network card.

What to do
    - Add a rule for the mesh VPN's program: DIRECT, by its process name, and for its UDP port; put the names of relays
      and STUN servers on the list that gets no invented addresses (fake-ip-filter).
    - Or exclude the relays' addresses from the TUN interface (route-exclude-address).
    - Switch the TUN mode off for one run: then it is the router that is measured.

How to verify
    `natscope netcheck` tells the router again; `ip route get 192.0.2.1` names a network card.

Sources
    The routing rules of sing-tun (table 2022, rules from 9000 on); RFC 2544 section C.2.2 (198.18.0.0/15); Tailscale
    issues 9569 and 9808.
"""

from __future__ import annotations

import ipaddress

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.facts import Facts
from natscope.diagnosis.hijacks import NAT_UNTOLD, NETCHECK, past_it, through, visible
from natscope.model.finding import Fix, Severity
from natscope.model.report_surroundings import WayReport
from natscope.model.tri import Tri

CAUSE = Cause(
    id="NS-ENV-01",
    title="A proxy program on this computer takes all packets, those of a mesh VPN too.",
    severity=Severity.FAIL,
    sides=1,
    who_can_fix=("you", "administrator"),
    fires=("proxy-tunnel", "invented-addresses"),
    silent=("healthy", "vpn-tunnel", "exit-node"),
    hides=NAT_UNTOLD,
    fixes=(
        Fix(
            do="Add a rule to the proxy program: DIRECT for your mesh VPN's program and its UDP port.",
            who="you",
            effort="E1",
            duration="5 min",
            undo="take the rule out",
            verify=NETCHECK,
        ),
        Fix(
            do="Switch the proxy's TUN mode off for one run, to measure the router itself.",
            who="you",
            effort="E1",
            duration="2 min",
            undo="switch it on again",
            verify=NETCHECK,
        ),
    ),
)


FAKE = ipaddress.IPv4Network("198.18.0.0/15")
_ELSEWHERE = "A proxy program in this network answers for your relays: their names lead to invented addresses."
_FILTER = Fix(
    do="Put the relays' names on the proxy's list of names that get no invented addresses (fake-ip-filter).",
    who="administrator",
    effort="E2",
    duration="5 min",
    undo="take them off the list",
    verify=NETCHECK,
)


def evidence(facts: Facts) -> Support:
    """The system's own route is decisive, the signs say whose interface it is."""
    way = through(facts, "proxy")
    if way is None:
        known = facts.report.surroundings.hijacked
        return unknown("the way to relays (route_hijack)") if known is Tri.UNKNOWN else NOTHING
    if way.tunnel is not Tri.YES:
        grounds = tuple(Ground(Strength.FACT, sign, way.evidence) for sign in way.signs)
        detail = f"{way.signs[0][:1].upper()}{way.signs[0][1:]}." if way.signs else ""
        same = ("NS-CTL-09",) if _are_all_invented(facts) else ()
        return Support(Tri.YES, grounds, title=_ELSEWHERE, detail=detail, fixes=(_FILTER,), refines=same)
    return _through_a_tunnel(facts, way)


def _are_all_invented(facts: Facts) -> bool:
    """Whether every wrong address of a name is one that such programs invent: then the name server is that program."""
    names = facts.report.dns
    told = () if names is None else (*names.forged_addresses, *names.invented_addresses)
    return bool(told) and all(_is_fake(text) for text in told)


def _is_fake(text: str) -> bool:
    try:
        return ipaddress.ip_address(text) in FAKE
    except ValueError:
        return False


def _through_a_tunnel(facts: Facts, way: WayReport) -> Support:
    grounds = [Ground(Strength.DECISIVE, f"the route to relays leaves by {visible(way.interface)}", way.evidence)]
    grounds += [Ground(Strength.FACT, sign, way.evidence) for sign in way.signs]
    detail = f"Packets to {way.relays} of {way.of} relays leave by {visible(way.interface)}"
    if way.signs:
        detail += f": {way.signs[0]}"
    return Support(
        Tri.YES, (*grounds, *past_it(facts, way).grounds), detail=f"{detail}. {past_it(facts, way).words}".strip()
    )


def against(facts: Facts) -> Support:
    """A way by a network card."""
    if facts.report.surroundings.hijacked is Tri.UNKNOWN:
        return unknown("the way to relays (route_hijack)")
    return NOTHING if through(facts, "proxy") is not None else Support(Tri.YES)
