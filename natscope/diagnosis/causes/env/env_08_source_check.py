"""This computer drops answers that come in by an interface which it would not answer by (rp_filter).

What it is
    With `rp_filter` set to 1 Linux drops a packet unless its source would be reached by the interface that it came in
    by. With two uplinks, or policy routes of a VPN, that hits answers to what was sent by the second one: they are seen
    by a capture, and by no program.

What we look for
    - no answer to a socket that was bound to an interface with that check, while the kernel's counter of such drops
      (IPReversePathFilter) grew.

What would contradict it
    - an answer by that interface.

What to do
    - Set the check to 2 (loose) on that interface: `sysctl net.ipv4.conf.INTERFACE.rp_filter=2` (and on `all`, where
      that is 1).

How to verify
    `nstat -az TcpExtIPReversePathFilter` no longer grows while `natscope netcheck` runs.

Sources
    RFC 3704 section 2.2 and 2.4 (strict and loose reverse path); Linux, ip-sysctl: rp_filter.
"""

from __future__ import annotations

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.facts import Facts
from natscope.diagnosis.hijacks import NETCHECK, visible
from natscope.diagnosis.words import counted
from natscope.model.finding import Fix, Severity
from natscope.model.report_surroundings import UplinkReport
from natscope.model.tri import Tri

CAUSE = Cause(
    id="NS-ENV-08",
    title="This computer drops answers that come in by its second uplink (rp_filter).",
    severity=Severity.WARN,
    sides=1,
    who_can_fix=("you", "administrator"),
    fires=("source-check",),
    silent=("healthy", "two-uplinks", "wrong-interface"),
    fixes=(
        Fix(
            do="Set the check of source addresses to 2 on that interface (sysctl net.ipv4.conf.INTERFACE.rp_filter=2).",
            who="administrator",
            effort="E1",
            duration="2 min",
            undo="set it to 1 again",
            verify=NETCHECK,
        ),
    ),
)


def evidence(facts: Facts) -> Support:
    """A counter that grew while answers stayed out is decisive."""
    uplinks = facts.report.surroundings.uplinks
    if not uplinks:
        return unknown("requests over a second uplink (route_hijack)")
    found = [u for u in uplinks if _is_dropped(u)]
    if not found:
        return NOTHING
    uplink, drops = found[0], found[0].source_drops or 0
    name = visible(uplink.interface)
    ground = Ground(Strength.DECISIVE, f"the kernel dropped {counted(drops, 'packet')} for its source", uplink.evidence)
    detail = (
        f"No relay answered by {name}, while the kernel dropped {counted(drops, 'packet')} because of where it came in."
    )
    return Support(Tri.YES, (ground,), detail=detail)


def against(facts: Facts) -> Support:
    """Answers by every uplink that was asked."""
    uplinks = facts.report.surroundings.uplinks
    if any(_is_dropped(u) for u in uplinks):
        return NOTHING
    return Support(Tri.YES) if uplinks else unknown("requests over a second uplink (route_hijack)")


def _is_dropped(uplink: UplinkReport) -> bool:
    return uplink.answers is Tri.NO and uplink.strict_source is Tri.YES and (uplink.source_drops or 0) > 0
