"""The IPv6 firewall forgets a silent flow sooner than keep-alives come.

What it is
    IPv6 translates nothing, but a router's firewall still remembers which flows began inside, and lets in answers to
    those only. Where it forgets a silent flow sooner than the next keep-alive comes, direct connections over IPv6
    break again and again, though IPv4 beside it may live. RFC 6092 wants two minutes at least.

What we look for
    - silent sockets of our own over IPv6: those that were silent shorter than that time still get a packet from a
      relay, those that were silent longer do not, while the relay says that it sent three.

What would contradict it
    - a flow that survived 30 seconds of silence.

What to do
    - Set the keep-alive of the mesh program below that time (it costs battery on phones).
    - In the router's IPv6 firewall: open one UDP port of this computer (a pinhole, by PCP or by hand).
    - Raise its UDP timeout, where it can be set.

How to verify
    `natscope netcheck -6 --lifetime` says "Forgets after" with a longer time.

Sources
    RFC 6092 section 3.2.3, REC-14; RFC 4787 section 4.3; Tailscale issue 18032.
"""

from __future__ import annotations

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.facts import Facts, ordered
from natscope.model.finding import Fix, Severity
from natscope.model.tri import Tri

CAUSE = Cause(
    id="NS-V6-03",
    title="The IPv6 firewall forgets a silent flow sooner than keep-alives come, so connections break again and again.",
    severity=Severity.WARN,
    sides=1,
    who_can_fix=("you", "administrator"),
    fires=("ipv6-short-silence",),
    silent=("healthy", "lifetime-short", "ipv6-broken"),
    hidden_by=("NS-ENV-01", "NS-ENV-02", "NS-ENV-06", "NS-UDP-01"),
    fixes=(
        Fix(
            do="Set the keep-alive of your mesh program to well below that time (WireGuard: PersistentKeepalive).",
            who="you",
            effort="E2",
            duration="5 min",
            undo="set it back to 25",
            verify="natscope netcheck -6 --lifetime",
        ),
        Fix(
            do="Open one UDP port of this computer in the router's IPv6 firewall, or raise the firewall's UDP timeout.",
            who="administrator",
            effort="E3",
            duration="10 min",
            undo="take the rule out",
            verify="natscope netcheck -6 --lifetime",
        ),
    ),
)
KEEP_ALIVE_S, MARGIN_S = 25.0, 30.0
"""What WireGuard's users set and upstream uses; and what is so near to it that keep-alives may come late."""
MISSING = "how long silent flows live over IPv6 (--lifetime)"


def evidence(facts: Facts) -> Support:
    """An end below the usual keep-alive."""
    part = facts.nat(6)
    if part.mapping_lifetime_s is None:
        known = part.mapping_lifetime_at_least_s
        return NOTHING if known is not None and known >= MARGIN_S else unknown(MISSING)
    if part.mapping_lifetime_s > MARGIN_S:
        return NOTHING
    tests = tuple(o.id for o in facts.seen("nat.lifetime") if o.family == 6 and o.data.get("test") == "silent")
    cited = tuple(name for name in tests if name in part.evidence) or ordered(part.evidence)
    words = f"flows end after {part.mapping_lifetime_s:g} s of silence"
    detail = f"A silent flow is kept for {part.mapping_lifetime_s:g} s; keep-alives come every {KEEP_ALIVE_S:g} s."
    return Support(Tri.YES, (Ground(Strength.DECISIVE, words, cited),), detail=detail)


def against(facts: Facts) -> Support:
    """Nothing beyond what `evidence` looks at."""
    return NOTHING
