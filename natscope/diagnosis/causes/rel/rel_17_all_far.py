"""No relay is near.

What it is
    The nearest relay of the map is far away. What is relayed goes there and back, so it is slow however good both
    ends are; and every direct connection begins with a few packets by that way. It matters where peers are often
    relayed, as with a router that shows each peer another port; where most connections get direct it is worth
    knowing only.

What we look for
    - the median round trip to the nearest relay that answered, over UDP (or over HTTPS where UDP is blocked):
      100 ms or more;
    - at least two relays that answered, none of them nearer, and no other whose round trip is not known.

What would contradict it
    - one relay that answers in less than 100 ms;
    - a VPN or proxy that carries all packets: then the way measured is its own (NS-ENV-01, NS-ENV-02).

What to do
    - Run a relay of your own near your machines: `natscope derp serve` on a small rented server, and its region in
      the map.
    - Get connections direct: what is not relayed does not go there.

How to verify
    `natscope netcheck` shows the new relay as home relay, with a short bar.

Sources
    upstream wgengine/magicsock/derp.go (what is relayed goes by the peer's home relay); ITU-T G.114 (what delays
    people notice in conversations).
"""

from __future__ import annotations

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.facts import Facts, ordered
from natscope.model.finding import Fix, Severity
from natscope.model.report import RelayReport
from natscope.model.tri import Tri

FAR_MS = 100.0
ENOUGH = 2
"""Relays that answered."""

CAUSE = Cause(
    id="NS-REL-17",
    title="No relay is near: what is relayed takes a long way.",
    severity=Severity.WARN,
    sides=1,
    who_can_fix=("relay's admin", "you"),
    fires=("far-relays", "far-relays-cone"),
    silent=("healthy", "mapping-varies", "udp-blocked", "no-network"),
    hidden_by=("NS-ENV-01", "NS-ENV-02", "NS-ENV-06"),
    fixes=(
        Fix(
            do="Run a relay of your own near your machines (natscope derp serve) and add its region to the map.",
            who="relay's admin",
            effort="E3",
            duration="1 h",
            undo="take it out of the map",
            verify="natscope netcheck",
        ),
    ),
)


def evidence(facts: Facts) -> Support:
    """Every relay that answered is far. It is a warning where connections will be relayed, else worth knowing."""
    times = _times(facts)
    if len(times) < ENOUGH:
        return unknown("answers from two relays")
    open_ = [relay for relay in facts.relays if relay.error is None and all(relay is not each for _, each in times)]
    if open_ or len(facts.report.relays) < facts.report.relay_map.regions:
        return unknown("the round trip to every relay that works")
    nearest, relay = min(times, key=lambda each: (each[0], each[1].region_id))
    if nearest < FAR_MS:
        return NOTHING
    code = relay.region_code or str(relay.region_id)
    cited = tuple(name for _, each in times for name in ordered(each.evidence)[:1])
    relayed = facts.udp.holds is Tri.NO or facts.mapping_varies(4).holds is Tri.YES
    return Support(
        Tri.YES,
        (Ground(Strength.DECISIVE, "each relay that answered is far", cited),),
        detail=f"The nearest one is {code}, {nearest:.0f} ms away; {len(times)} answered.",
        severity=Severity.WARN if relayed else Severity.INFO,
    )


def against(facts: Facts) -> Support:
    """A relay that answers soon."""
    for time, relay in _times(facts):
        if time < FAR_MS:
            ground = Ground(Strength.DECISIVE, "a relay answers soon", ordered(relay.evidence)[:1])
            return Support(Tri.YES, (ground,))
    return NOTHING


def _times(facts: Facts) -> list[tuple[float, RelayReport]]:
    """The round trip of each relay that answered."""
    return [(time, relay) for relay in facts.relays if (time := relay.latency_ms.relay) is not None]
