"""Your public address or port changed while natscope was measuring.

What it is
    One and the same server saw another public address or port of one and the same socket, seconds apart. Each
    direct connection of that moment breaks, and peers write to an address that is no longer yours until they are told
    the new one. Reasons: the provider reconnects the line once a day, a router moves from one uplink to another
    (failover), a router was restarted, or a mapping died of age (NS-NAT-13).

What we look for
    - two answers of one server to one socket that name different addresses or ports.

What would contradict it
    - answers of one server that are the same from the beginning to the end.

What to do
    - Measure again: what was told of the router in this run is void.
    - Where it comes again: look into the router's log at that minute; stop load balancing for this computer; move the
      daily reconnection to the night.
    - Where it cannot be stopped, let the mesh program look at its public address more often.

How to verify
    `natscope netcheck` twice, some minutes apart, names one public address.

Sources
    RFC 4787 sections 4.1 and 4.3 (which mappings may change, and when).
"""

from __future__ import annotations

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.facts import FAMILIES, Facts, ordered
from natscope.diagnosis.words import enumerated
from natscope.model.finding import Fix, Severity
from natscope.model.tri import Tri

CAUSE = Cause(
    id="NS-NAT-19",
    title="Your public address or port changed while natscope was measuring; direct connections break then.",
    severity=Severity.WARN,
    sides=1,
    who_can_fix=("you", "administrator"),
    fires=("changed-meanwhile",),
    silent=("healthy", "mapping-varies", "several-addresses"),
    hidden_by=("NS-ENV-01", "NS-ENV-02", "NS-ENV-06", "NS-UDP-01"),
    fixes=(
        Fix(
            do="Measure again; this run cannot tell how the router translates.",
            who="you",
            effort="E1",
            duration="1 min",
            verify="natscope netcheck",
        ),
        Fix(
            do="If it comes again, look into the router's log: reconnections of the line, or a change of the uplink.",
            who="administrator",
            effort="E3",
            duration="10 min",
            verify="natscope netcheck",
        ),
    ),
)


def evidence(facts: Facts) -> Support:
    """What one server told twice."""
    parts = [(family, facts.nat(family)) for family in FAMILIES]
    changed = [(family, part) for family, part in parts if part.address_changed is Tri.YES]
    if not changed:
        known = any(part.address_changed is Tri.NO for _, part in parts)
        return NOTHING if known else unknown("two answers of one server, seconds apart")
    family, part = changed[0]
    seen = list(dict.fromkeys(str(s.endpoint) for s in facts.mapped if s.family == family))
    ground = Ground(Strength.DECISIVE, "one server saw two addresses or ports of one socket", ordered(part.evidence))
    return Support(Tri.YES, (ground,), detail=f"Seen: {enumerated(seen)}." if len(seen) > 1 else "")


def against(facts: Facts) -> Support:
    """Nothing: a change that was seen is one."""
    return NOTHING
