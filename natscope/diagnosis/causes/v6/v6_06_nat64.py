"""This network has IPv6 only, and leads to IPv4 by translation (NAT64).

What it is
    There is no IPv4 here. Names of IPv4-only hosts get a made-up IPv6 address (DNS64), and a translator in the
    network turns packets to it into IPv4 (NAT64). What uses names works. A mesh VPN tells its peers addresses, not
    names: a peer that has IPv4 only is out of reach, unless the VPN makes such an address up itself.

What we look for
    - an IPv6 answer for `ipv4only.arpa`, which has IPv4 addresses only: its prefix is the translator's;
    - no working IPv4.

What would contradict it
    - working IPv4, natively or by the system's own translation (464XLAT).

What to do
    - Turn on the system's translation to IPv4 (CLAT), where it has one: phones do, some desktops can.
    - Give the other side IPv6.
    - Otherwise such pairs use a relay, which has both.

How to verify
    `natscope netcheck` shows working IPv4, or the other side shows working IPv6.

Sources
    RFC 7050 (finding the prefix), RFC 6052, RFC 6146 (NAT64), RFC 6147 (DNS64), RFC 6877 (464XLAT).
"""

from __future__ import annotations

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.facts import Facts, ordered
from natscope.model.finding import Fix, Severity
from natscope.model.tri import Tri

CAUSE = Cause(
    id="NS-V6-06",
    title="This network has IPv6 only and translates to IPv4 (NAT64): peers with IPv4 only are out of direct reach.",
    severity=Severity.WARN,
    sides=1,
    who_can_fix=("you", "administrator"),
    fires=("nat64",),
    silent=("healthy", "ipv6-only", "nat66"),
    hidden_by=("NS-ENV-06",),
    fixes=(
        Fix(
            do="Turn on the system's own translation to IPv4 (CLAT, 464XLAT), if it has one.",
            who="you",
            effort="E2",
            duration="10 min",
            undo="turn it off",
            verify="natscope netcheck -4",
        ),
        Fix(
            do="Give the other side IPv6.",
            who="administrator",
            effort="E3",
            duration="30 min",
            undo="turn it off",
            verify="natscope netcheck -6",
        ),
    ),
)


def evidence(facts: Facts) -> Support:
    """A prefix, and no IPv4."""
    nat64, ipv4 = facts.report.path.nat64, facts.family(4)
    if nat64.state is Tri.UNKNOWN:
        return unknown(nat64.reason or "a look-up of ipv4only.arpa")
    if nat64.state is Tri.NO or ipv4.works is Tri.YES:
        return NOTHING
    if ipv4.works is Tri.UNKNOWN:
        return unknown(ipv4.reason or "a run with IPv4")
    ground = Ground(Strength.DECISIVE, "the name server makes IPv6 addresses up", ordered(nat64.evidence))
    return Support(Tri.YES, (ground,), detail=f"The prefix is {', '.join(nat64.prefixes)}.")


def against(facts: Facts) -> Support:
    """Working IPv4."""
    works = facts.works(4)
    if works:
        return Support(Tri.YES, (Ground(Strength.DECISIVE, "an answer over IPv4", works.evidence),))
    return NOTHING if works.holds is Tri.NO else unknown(works.missing)
