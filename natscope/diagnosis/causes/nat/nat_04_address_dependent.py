"""The public port differs from host to host, but not from port to port of one host (address-dependent mapping).

What it is
    The router gives each host that this computer writes to another public port, and keeps it for all ports of that
    host. What a relay sees is not what a peer sees, so peers do not know where to write to. It is milder than
    NS-NAT-01: a helper that stands at the peer's own address sees the very port that the peer would see.

What we look for
    - two ports of one server that see the same public port;
    - another server that sees another one, on the same public address, from the same local socket.

What would contradict it
    - one public port at servers with different addresses;
    - two public ports at two ports of one server: that is NS-NAT-01.

What to do
    - Turn on IPv6: it passes by address translation.
    - Let the router open ports (NAT-PMP, PCP or UPnP), or forward one UDP port to this computer.
    - Turn on endpoint-independent mapping in the router, where it is offered.

How to verify
    `natscope netcheck` says "Public port: same for all peers".

Sources
    RFC 4787 section 4.1 (the word), RFC 5780 section 4.3 (the test).
"""

from __future__ import annotations

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.causes.nat.nat_01_symmetric import FIXES
from natscope.diagnosis.facts import Facts
from natscope.diagnosis.samples import MAPPING_KINDS
from natscope.model.endpoint import Family
from natscope.model.finding import Severity
from natscope.model.nat import Mapping
from natscope.model.tri import Tri

CAUSE = Cause(
    id="NS-NAT-04",
    title="Your router shows each host another port: peers do not know where to write to (address-dependent mapping).",
    severity=Severity.FAIL,
    sides=1,
    who_can_fix=("you", "administrator", "provider"),
    fires=("address-dependent",),
    silent=("healthy", "mapping-varies", "several-addresses"),
    refines=("NS-NAT-01",),
    hidden_by=("NS-ENV-01", "NS-ENV-02", "NS-ENV-06", "NS-UDP-01"),
    fixes=FIXES,
)

FAMILY: Family = 4


def evidence(facts: Facts) -> Support:
    """Measured at two ports of one server and at another server."""
    part = facts.nat(FAMILY)
    if part.mapping is Mapping.UNKNOWN:
        return unknown(part.reasons.get("mapping", "") or "two ports of one server, and another server")
    if part.mapping is not Mapping.ADDRESS_DEPENDENT or part.several_addresses is Tri.YES:
        return NOTHING
    works6 = facts.works(6)
    return Support(
        Tri.YES,
        (
            Ground(
                Strength.DECISIVE,
                "one port at two ports of a server, another one elsewhere",
                facts.nat_evidence(FAMILY, *MAPPING_KINDS),
            ),
        ),
        severity=Severity.WARN if works6 else None,
        fixes=FIXES[1:] if works6 else None,
    )


def against(facts: Facts) -> Support:
    """Any other mapping that was measured."""
    part = facts.nat(FAMILY)
    if part.mapping is Mapping.UNKNOWN:
        return unknown(part.reasons.get("mapping", "") or "two ports of one server, and another server")
    if part.mapping is Mapping.ADDRESS_DEPENDENT:
        return NOTHING
    cited = facts.nat_evidence(FAMILY, *MAPPING_KINDS)
    return Support(Tri.YES, (Ground(Strength.DECISIVE, f"the mapping is {part.mapping}", cited),))
