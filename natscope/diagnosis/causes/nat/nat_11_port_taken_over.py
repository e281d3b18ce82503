"""Two devices with one local port share one public port behind this router, and the second takes it from the first.

What it is
    Most mesh programs use the same port everywhere (41641). A sound router gives the second device another public
    port. This one gives it the first one's, and from then on the first one's answers go to the second.

What we look for
    - two addresses of this computer behind the router, one local port: both are seen at one public port by one relay.

What would contradict it
    - another public port for the second one.

What to do
    - Give each device behind this router a port of its own, or let the program draw one.
    - Update the router: this breaks every pair of devices with one port.

How to verify
    `natscope netcheck` on a computer with two addresses in that network no longer says it.

Sources
    RFC 4787 section 4.2.1, REQ-3 ("port overloading").
"""

from __future__ import annotations

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.facts import Facts, ordered
from natscope.model.endpoint import Family
from natscope.model.finding import Fix, Severity
from natscope.model.nat import PortCollision
from natscope.model.tri import Tri

CAUSE = Cause(
    id="NS-NAT-11",
    title="Your router lends one public port to two devices: the second one takes it from the first.",
    severity=Severity.WARN,
    sides=1,
    who_can_fix=("you", "administrator"),
    fires=("port-taken-over",),
    silent=("healthy", "mapping-varies"),
    hidden_by=("NS-ENV-01", "NS-ENV-02", "NS-ENV-06", "NS-UDP-01"),
    fixes=(
        Fix(
            do="Give the mesh program on each device behind this router a UDP port of its own.",
            who="you",
            effort="E1",
            duration="2 min",
            undo="take the setting out",
            verify="natscope netcheck",
        ),
        Fix(
            do="Update the router's firmware, or use another router.",
            who="administrator",
            effort="E5",
            duration="30 min",
            verify="natscope netcheck",
        ),
    ),
)

FAMILY: Family = 4
MISSING = "two addresses of this computer behind the router, or a second computer"


def evidence(facts: Facts) -> Support:
    """One public endpoint for two of ours at one server."""
    part = facts.nat(FAMILY)
    if part.port_collision is PortCollision.UNKNOWN:
        return unknown(MISSING)
    if part.port_collision is not PortCollision.TAKEN_OVER:
        return NOTHING
    seen = tuple(o.id for o in facts.seen("nat.port") if "collision" in o.data)
    return Support(Tri.YES, (Ground(Strength.DECISIVE, "both were seen at one public port by one server", seen),))


def against(facts: Facts) -> Support:
    """Ports of their own."""
    part = facts.nat(FAMILY)
    if part.port_collision is PortCollision.UNKNOWN:
        return unknown(MISSING)
    if part.port_collision is PortCollision.TAKEN_OVER:
        return NOTHING
    return Support(Tri.YES, (Ground(Strength.DECISIVE, "each has a public port", ordered(part.evidence)),))
