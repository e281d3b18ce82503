"""The router forgets a silent public port sooner than keep-alives come.

What it is
    A router keeps a public port open for a time after the last packet. WireGuard and Tailscale send a keep-alive every
    25 seconds at most. Where the router forgets sooner, the port that a peer knows is gone when it writes, and the
    connection has to be made again and again, or falls back to a relay. RFC 4787 wants two minutes at least.

What we look for
    - silent sockets of our own: those that were silent shorter than that time still get a packet from a relay, those
      that were silent longer do not, while the relay says that it sent three.

What would contradict it
    - a mapping that survived 30 seconds of silence.

What to do
    - Set the keep-alive of the mesh program below the time (it costs battery on phones).
    - Raise the router's UDP timeout (also "UDP session timeout"), to 120 seconds or more.
    - Turn on IPv6, where its firewall keeps longer.

How to verify
    `natscope netcheck --lifetime` says "Forgets after" with a longer time.

Sources
    RFC 4787 section 4.3, REQ-5; WireGuard's PersistentKeepalive; upstream: net/tstun and wgengine/magicsock (25 s).
"""

from __future__ import annotations

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.facts import Facts, ordered
from natscope.model.endpoint import Family
from natscope.model.finding import Fix, Severity
from natscope.model.tri import Tri

KEEP_ALIVE_S = 25.0
"""What WireGuard's users set and upstream uses."""
MARGIN_S = 30.0
"""A keep-alive that leaves just before the end may arrive after it."""

CAUSE = Cause(
    id="NS-NAT-12",
    title="Your router forgets a silent port sooner than keep-alives come, so connections break again and again.",
    severity=Severity.FAIL,
    sides=1,
    who_can_fix=("you", "administrator"),
    fires=("lifetime-short",),
    silent=("healthy", "lifetime-long", "udp-blocked"),
    hidden_by=("NS-ENV-01", "NS-ENV-02", "NS-ENV-06", "NS-UDP-01"),
    fixes=(
        Fix(
            do="Set the keep-alive of your mesh program to well below that time (WireGuard: PersistentKeepalive).",
            who="you",
            effort="E2",
            duration="5 min",
            undo="set it back to 25",
            verify="natscope netcheck --lifetime",
        ),
        Fix(
            do="Raise the UDP timeout of the router to 120 seconds or more.",
            who="administrator",
            effort="E3",
            duration="10 min",
            undo="set it back",
            verify="natscope netcheck --lifetime",
        ),
        Fix(
            do="Turn on IPv6 in your router: its firewall often keeps longer.",
            who="you",
            effort="E3",
            duration="5 min",
            undo="turn it off",
            verify="natscope netcheck",
        ),
    ),
)

FAMILY: Family = 4
MISSING = "how long silent mappings live (--lifetime)"


def evidence(facts: Facts) -> Support:
    """An end below the usual keep-alive."""
    part = facts.nat(FAMILY)
    if part.mapping_lifetime_s is None:
        known = part.mapping_lifetime_at_least_s
        return NOTHING if known is not None and known >= MARGIN_S else unknown(MISSING)
    if part.mapping_lifetime_s > MARGIN_S:
        return NOTHING
    below = part.mapping_lifetime_s <= KEEP_ALIVE_S
    seconds = f"{part.mapping_lifetime_s:g} s"
    return Support(
        Tri.YES,
        (Ground(Strength.DECISIVE, f"mappings end after {seconds} of silence", _tests(facts)),),
        detail=f"A silent port is kept for {seconds}; keep-alives come every {KEEP_ALIVE_S:g} s.",
        severity=None if below else Severity.WARN,
    )


def against(facts: Facts) -> Support:
    """A longer life."""
    part = facts.nat(FAMILY)
    longest = part.mapping_lifetime_s or part.mapping_lifetime_at_least_s
    if longest is None:
        return unknown(MISSING)
    if longest <= MARGIN_S:
        return NOTHING
    return Support(Tri.YES, (Ground(Strength.DECISIVE, f"one lived for {longest:g} s of silence", _tests(facts)),))


def _tests(facts: Facts) -> tuple[str, ...]:
    """The silent tests, as far as the report cites them."""
    cited = facts.nat(FAMILY).evidence
    tests = tuple(o.id for o in facts.seen("nat.lifetime") if o.id in cited and o.data.get("test") == "silent")
    return tests or ordered(cited)
