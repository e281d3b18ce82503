"""The map has a single region.

What it is
    All relayed traffic, all signalling for direct connections and every public address this computer learns
    depend on one place. When it is down, new connections stop everywhere. With one relay to ask, it also cannot
    be seen whether the public port differs from peer to peer, because that takes two.

What we look for
    - the number of regions in the map.

What would contradict it
    - a second region in the map in use.

What to do
    - Run a second relay at another provider or place and add its region to the map.

How to verify
    `natscope netcheck` lists both under "Relays".

Sources
    RFC 5780 section 3 (what takes a second server address); upstream tailcfg/derpmap.go (regions).
"""

from __future__ import annotations

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.facts import Facts, ordered
from natscope.model.finding import Fix, Severity
from natscope.model.tri import Tri

CAUSE = Cause(
    id="NS-REL-07",
    title="The map has a single region: when its relay is down, nothing connects any more.",
    severity=Severity.WARN,
    sides=1,
    who_can_fix=("relay's admin",),
    fires=("single-region",),
    silent=("healthy", "dead-relay"),
    fixes=(
        Fix(
            do="Run a second relay at another place and add its region to the map.",
            who="relay's admin",
            effort="E3",
            duration="1 h",
            undo="take it out of the map",
            verify="natscope netcheck",
        ),
    ),
)


def evidence(facts: Facts) -> Support:
    """One region in the map in use. The map itself is the evidence."""
    regions = facts.report.relay_map.regions
    if regions < 1:
        return unknown("a relay map")
    if regions > 1:
        return NOTHING
    cited = ordered(facts.relays[0].evidence)[:1] if facts.relays else ()
    return Support(Tri.YES, (Ground(Strength.DECISIVE, "the map has one region", cited),))


def against(facts: Facts) -> Support:
    """A second region in use."""
    if len(facts.relays) > 1:
        return Support(
            Tri.YES, (Ground(Strength.DECISIVE, "a second region was measured", ordered(facts.relays[1].evidence)[:1]),)
        )
    return NOTHING
