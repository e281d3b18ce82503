"""The provider translates addresses too (CGNAT).

What it is
    Your router's own address is not a public one: the provider shares its public addresses among customers, by a
    carrier-grade NAT. Ports that your router opens are open towards the provider only, not towards the internet.
    That alone prevents nothing: many of these NATs keep one public port for all peers, and then direct
    connections come about as behind any router.

What we look for
    - a router with an address of 100.64.0.0/10 behind your own: that range stands between customers and their
      carrier's NAT, and nowhere else;
    - your router's own outside address, as it tells by UPnP, NAT-PMP or PCP, in that range.

What would contradict it
    - a router whose own outside address is the one that relays see.

What to do
    - Turn on IPv6, if the provider has it: it passes by all this.
    - Put a relay near you, or use a peer with a public address: then both ends need no open port here.
    - Ask the provider for a public IPv4 address; some give one free of charge.

How to verify
    `natscope netcheck` shows one layer of translation.

Sources
    RFC 6598 (100.64.0.0/10), RFC 6888 (what carrier-grade NATs have to do).
"""

from __future__ import annotations

import ipaddress

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.facts import Facts, cite, ordered
from natscope.diagnosis.missing import own_address
from natscope.model.address_space import is_shared
from natscope.model.endpoint import Family
from natscope.model.finding import Fix, Severity
from natscope.model.tri import Tri

CAUSE = Cause(
    id="NS-NAT-07",
    title="Your provider translates addresses too (CGNAT): ports that your router opens are not open to the internet.",
    severity=Severity.INFO,
    sides=1,
    who_can_fix=("provider", "you"),
    fires=("cgnat",),
    silent=("healthy", "double-nat", "public-host"),
    hidden_by=("NS-ENV-01", "NS-ENV-02", "NS-ENV-06", "NS-UDP-01"),
    lends=("NS-NAT-01",),
    fixes=(
        Fix(
            do="Turn on IPv6 in your router, if your provider delivers it.",
            who="you",
            effort="E3",
            duration="10 min",
            undo="turn it off",
            verify="natscope netcheck -6",
        ),
        Fix(
            do="Ask your provider for a public IPv4 address.",
            who="provider",
            effort="E5",
            duration="days",
            verify="natscope netcheck",
        ),
    ),
)

FAMILY: Family = 4
MISSING = "the addresses of the routers on the way, or your router's own outside address"


def evidence(facts: Facts) -> Support:
    """A carrier's address on the way, or on the router's own outside."""
    part = facts.nat(FAMILY)
    if part.cgnat is Tri.UNKNOWN:
        return unknown(part.reasons.get("cgnat") or MISSING)
    if part.cgnat is Tri.NO:
        return NOTHING
    grounds = [
        Ground(Strength.FACT, f"router {hop.number} has the carrier's address {hop.address}", hop.evidence)
        for hop in part.hops
        if hop.place == "shared"
    ]
    if part.layers is not None and part.layers > 1:
        seen = tuple(name for endpoint in facts.endpoints(FAMILY) for name in ordered(endpoint.evidence)[:1])
        grounds.append(Ground(Strength.FACT, "relays see an address that your router has not", seen))
    told = tuple(o for o in facts.outside_addresses if _is_shared(str(o.data["external"])))
    if told:
        grounds.append(Ground(Strength.DECISIVE, "your router tells an outside address of 100.64.0.0/10", cite(told)))
    addresses = ", ".join(hop.address for hop in part.hops if hop.place == "shared")
    detail = f"On the way: {addresses}." if addresses else ""
    fixes = CAUSE.fixes[1:] if facts.works(6) else None
    return Support(Tri.YES, tuple(grounds), detail=detail, refines=("NS-MAP-02",), fixes=fixes,
                   missing=own_address(facts))  # fmt: skip


def against(facts: Facts) -> Support:
    """A single layer, or none."""
    part = facts.nat(FAMILY)
    if part.cgnat is Tri.NO:
        return Support(Tri.YES, (Ground(Strength.DECISIVE, part.layers_by or "no carrier's router", part.evidence),))
    return NOTHING if part.cgnat is Tri.YES else unknown(part.reasons.get("cgnat") or MISSING)


def _is_shared(address: str) -> bool:
    try:
        return is_shared(ipaddress.ip_address(address))
    except ValueError:
        return False
