"""The public port differs from peer to peer, but the next one can be foretold.

What it is
    The router gives each destination another public port, as in NS-NAT-01, and takes the ports in a row or keeps the
    local port's number wherever it is free. A peer that counts along could guess where to write. Few programs do:
    Tailscale and WireGuard do not, some file-sharing and gaming software does. So for most this is a symmetric NAT.

What we look for
    - several public ports of one socket;
    - at least eight further ports, of sockets of our own, of which three in four were the number that the ports
      before them foretold.

What would contradict it
    - one public port for all peers;
    - ports without a pattern: that is NS-NAT-01.

What to do
    - Turn on IPv6: it passes by address translation.
    - Let the router open ports (NAT-PMP, PCP or UPnP), or forward one UDP port to this computer.
    - Turn on endpoint-independent mapping or "static port" in the router, where it is offered.

How to verify
    `natscope netcheck` says "Public port: same for all peers", or the IPv6 line has an address.

Sources
    RFC 4787 section 4.2 (port assignment), RFC 5128 section 3.5 (UDP port number prediction).
"""

from __future__ import annotations

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.causes.nat.nat_01_symmetric import FIXES
from natscope.diagnosis.facts import Facts
from natscope.diagnosis.samples import MAPPING_KINDS
from natscope.model.endpoint import Family
from natscope.model.finding import Severity
from natscope.model.nat import PortAllocation
from natscope.model.tri import Tri

CAUSE = Cause(
    id="NS-NAT-03",
    title="Your router shows each peer another port, one after the other: only programs that guess ports get through.",
    severity=Severity.FAIL,
    sides=1,
    who_can_fix=("you", "administrator", "provider"),
    fires=("ports-in-a-row",),
    silent=("healthy", "mapping-varies", "udp-blocked"),
    refines=("NS-NAT-01",),
    hidden_by=("NS-ENV-01", "NS-ENV-02", "NS-ENV-06", "NS-UDP-01"),
    fixes=FIXES,
)

FAMILY: Family = 4
MIN_SAMPLES, MIN_PREDICTION = 8, 0.5


def evidence(facts: Facts) -> Support:
    """Ports that vary and follow each other."""
    part, varies = facts.nat(FAMILY), facts.mapping_varies(FAMILY)
    if varies.holds is Tri.UNKNOWN:
        return unknown(varies.missing)
    if varies.holds is Tri.NO or part.several_addresses is Tri.YES:
        return NOTHING
    if part.port_prediction is None or part.port_samples < MIN_SAMPLES:
        return unknown("public ports of eight new sockets (the probe nat_ports)")
    if part.port_prediction < MIN_PREDICTION:
        return NOTHING
    how = f"in steps of {part.port_step}" if part.port_step is not None else "as the local port has it"
    works6 = facts.works(6)
    return Support(
        Tri.YES,
        (
            Ground(Strength.FACT, "the public port differs by peer", varies.evidence),
            Ground(Strength.FACT, f"new ports come {how}", facts.nat_evidence(FAMILY, "nat.port")),
        ),
        detail=f"Of {part.port_samples} new ports {part.port_prediction:.0%} were where one would guess, {how}.",
        severity=Severity.WARN if works6 else None,
        fixes=FIXES[1:] if works6 else None,
    )


def against(facts: Facts) -> Support:
    """One port for all, or ports without a pattern."""
    part = facts.nat(FAMILY)
    if part.mapping_varies is Tri.NO:
        cited = facts.nat_evidence(FAMILY, *MAPPING_KINDS)
        return Support(Tri.YES, (Ground(Strength.DECISIVE, "one public port for all", cited),))
    if part.port_allocation is PortAllocation.RANDOM:
        cited = facts.nat_evidence(FAMILY, "nat.port")
        return Support(Tri.YES, (Ground(Strength.FACT, "new ports have no pattern", cited),))
    return NOTHING if part.port_prediction is not None else unknown("public ports of eight new sockets")
