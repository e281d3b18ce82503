"""The router opens no port by itself: PCP, NAT-PMP and UPnP are off.

What it is
    A router can open a port when a program asks it to, by PCP, NAT-PMP or UPnP. With an open port a mesh VPN is
    reached directly however badly the router translates. This router has none of the three, or none is switched on.
    It is told only where it would help: where the router gives every peer another port.

What we look for
    - no answer to any of the three protocols, while the router answers other things: it says that the ports are
      closed, or it answers echo requests sent beside the questions.

What would contradict it
    - an answer of any of them.

What to do
    - Switch PCP or NAT-PMP on in the router; they are safer than UPnP. Names differ: FRITZ!Box "Permit independent
      port sharing", pfSense and OpenWrt "UPnP IGD & PCP" or "miniupnpd".
    - Or forward one UDP port to this computer by hand, and give the VPN that port.

How to verify
    `natscope netcheck` shows "Opens ports" with "proved from outside".

Sources
    RFC 6886, RFC 6887, UPnP InternetGatewayDevice:1.
"""

from __future__ import annotations

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.causes.map.mapping_words import MISSING, cited, services
from natscope.diagnosis.facts import Facts, ordered
from natscope.model.finding import Fix, Severity
from natscope.model.observation import Outcome
from natscope.model.tri import Tri

ROUTERS = ("path.hop", "path.own-address")
"""Kinds of observations that tell which routers stand in a row."""

CAUSE = Cause(
    id="NS-MAP-01",
    title="The router opens no port for programs that ask (PCP, NAT-PMP and UPnP are off), and here it would help.",
    severity=Severity.INFO,
    sides=1,
    who_can_fix=("you", "administrator"),
    fires=("no-port-mapping",),
    silent=("healthy", "mapping-proved", "mapping-varies"),
    hidden_by=("NS-ENV-06", "NS-UDP-01"),
    fixes=(
        Fix(
            do="Switch PCP or NAT-PMP on in the router (UPnP does it too, and is less safe).",
            who="you",
            effort="E3",
            duration="5 min",
            undo="switch it off",
            verify="natscope netcheck",
        ),
        Fix(
            do="Forward one UDP port of the router to this computer, and give the VPN that port.",
            who="you",
            effort="E3",
            duration="10 min",
            undo="take the entry out",
            verify="natscope netcheck",
        ),
    ),
)

CARRIER = "whether the provider translates too (the routers on the way)"


def evidence(facts: Facts) -> Support:
    """None of the three is there, and the router gives every peer another port."""
    found = services(facts)
    if any(service.state is Tri.YES for _, service in found):
        return NOTHING
    varies = facts.mapping_varies(4)
    if varies.holds is Tri.NO:
        return NOTHING
    asked = facts.seen("portmap.service")
    if not asked or any(service.state is not Tri.NO for _, service in found):
        return unknown(MISSING)
    if varies.holds is not Tri.YES:
        return unknown(varies.missing)
    told = all(o.outcome in (Outcome.ICMP_ERROR, Outcome.REFUSED) for o in asked)
    words = "it says that nobody listens there" if told else "it is silent, though it answers other things"
    strength = Strength.DECISIVE if told else Strength.FACT
    grounds = [
        Ground(strength, f"the router was asked by all three protocols: {words}", cited(found)),
        Ground(Strength.FACT, "the router gives every peer another port", varies.evidence),
    ]
    if facts.nat(4).cgnat is Tri.NO:
        grounds.append(Ground(Strength.FACT, "no carrier's router stands behind it", facts.nat_evidence(4, *ROUTERS)))
    return Support(Tri.YES, tuple(grounds))


def against(facts: Facts) -> Support:
    """A service that is there, or a second translation behind the router: what it opens then helps nobody."""
    there = tuple(pair for pair in services(facts) if pair[1].state is Tri.YES)
    if there:
        return Support(Tri.YES, (Ground(Strength.DECISIVE, f"it speaks {there[0][0]}", cited(there)),))
    part = facts.nat(4)
    if part.cgnat is Tri.YES:
        words = "a carrier's router stands behind it, so that a port of it would not be open to the internet"
        return Support(Tri.YES, (Ground(Strength.FACT, words, ordered(part.evidence)),))
    if part.cgnat is Tri.UNKNOWN:
        return unknown(part.reasons.get("cgnat") or CARRIER)
    return NOTHING if all(service.state is Tri.NO for _, service in services(facts)) else unknown(MISSING)
