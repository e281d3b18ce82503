"""The router seems to be pfSense or OPNsense, which give each connection a random source port.

What it is
    pfSense and OPNsense (and other routers on FreeBSD's or OpenBSD's packet filter pf) rewrite the source port of each
    new connection to a random one, for each destination another one. That is the usual reason for a symmetric NAT
    (NS-NAT-01) in homes of people who chose their router. One rule ends it, for one computer and one port.

What we look for
    - another public port for each relay;
    - a router that calls itself by one of these names, in what it says by UPnP. A name proves nothing about the rule
      in force, so this is never more than possible.

What would contradict it
    - one public port for all relays;
    - public ports that follow a pattern, or are kept.

What to do
    - Firewall, NAT, Outbound: hybrid mode, and a rule with "static port" for this computer's VPN port. Give each
      computer behind the router a port of its own.
    - Or switch NAT-PMP on (Services, UPnP & NAT-PMP), for this computer only.
    - Newer versions offer endpoint-independent mapping for UDP: that does it for all computers.

How to verify
    `natscope netcheck` says "Public port: same for all peers".

Sources
    pf.conf(5), `static-port`; documentation of pfSense and OPNsense on outbound NAT; RFC 4787 REQ-1.
"""

from __future__ import annotations

import re

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.causes.nat.router_words import is_asked, named
from natscope.diagnosis.facts import Facts, ordered
from natscope.model.endpoint import Family
from natscope.model.finding import Fix, Severity
from natscope.model.nat import PortAllocation
from natscope.model.tri import Tri

CAUSE = Cause(
    id="NS-NAT-05",
    title="Your router seems to be pfSense or OPNsense: they pick a random port for each peer, and one rule ends it.",
    severity=Severity.INFO,
    sides=1,
    who_can_fix=("you", "administrator"),
    fires=("random-source-port",),
    silent=("healthy", "mapping-varies", "ports-in-a-row"),
    hidden_by=("NS-ENV-01", "NS-ENV-02", "NS-ENV-06", "NS-UDP-01"),
    lends=("NS-NAT-01",),
    fixes=(
        Fix(
            do="In pfSense or OPNsense, under Firewall, NAT, Outbound (hybrid): add a rule with static port for this "
            "computer's VPN port.",
            who="administrator",
            effort="E3",
            duration="10 min",
            undo="delete the rule",
            verify="natscope netcheck",
        ),
        Fix(
            do="Turn on NAT-PMP in the router (Services, UPnP & NAT-PMP), for this computer only.",
            who="administrator",
            effort="E3",
            duration="5 min",
            undo="turn it off",
            verify="natscope netcheck",
        ),
    ),
)

FAMILY: Family = 4
NAMES = re.compile(r"pfsense|opnsense|freebsd|openbsd", re.IGNORECASE)


def evidence(facts: Facts) -> Support:
    """Another port for each peer, and the router's name."""
    varies = facts.mapping_varies(FAMILY)
    if varies.holds is Tri.UNKNOWN:
        return unknown(varies.missing)
    name = named(facts, NAMES)
    if varies.holds is Tri.NO or name is None:
        return NOTHING if varies.holds is Tri.NO or is_asked(facts) else unknown("what the router calls itself (UPnP)")
    differs = Ground(Strength.FACT, "each peer sees another public port", ordered(varies.evidence))
    return Support(Tri.YES, (differs, name), detail=f"{name.says[:1].upper()}{name.says[1:]}.")


def against(facts: Facts) -> Support:
    """Ports with a pattern."""
    part = facts.nat(FAMILY)
    if part.port_allocation in (PortAllocation.SEQUENTIAL, PortAllocation.PRESERVING):
        words = f"new public ports are {part.port_allocation}"
        return Support(Tri.YES, (Ground(Strength.FACT, words, ordered(part.evidence)),))
    return NOTHING
