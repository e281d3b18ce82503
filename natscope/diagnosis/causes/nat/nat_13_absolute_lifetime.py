"""Public ports end at a fixed age, whatever their traffic.

What it is
    Some carriers' routers end each mapping after a fixed time although packets flow. Keep-alives do not help: at that
    age the public port changes, peers write to the old one, and the connection pauses until both sides have met again.

What we look for
    - sockets of our own that send every five seconds: at one and the same age, at different times of the clock, they
      no longer get what a relay sends to their port, while it says that it sent three; or their port changes.

What would contradict it
    - sockets that were kept alive beyond the time that was watched.

What to do
    - Nothing on this computer prevents it. A mesh program that keeps a relay warm bridges the gap.
    - Turn on IPv6: it passes by the translation.
    - Ask the provider for a public address of your own, or for longer UDP sessions.

How to verify
    `natscope netcheck --lifetime` no longer says "Ends at age".

Sources
    RFC 4787 section 4.3 (the timer starts again with each packet: REQ-6), RFC 6888 REQ-8 on carriers' timers.
"""

from __future__ import annotations

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.facts import Facts, ordered
from natscope.model.endpoint import Family
from natscope.model.finding import Fix, Severity
from natscope.model.tri import Tri

CAUSE = Cause(
    id="NS-NAT-13",
    title="Your router or your provider's ends every public port at a fixed age, so connections pause again and again.",
    severity=Severity.WARN,
    sides=1,
    who_can_fix=("you", "provider"),
    fires=("lifetime-absolute",),
    silent=("healthy", "lifetime-long", "lifetime-short"),
    hidden_by=("NS-ENV-01", "NS-ENV-02", "NS-ENV-06", "NS-UDP-01"),
    fixes=(
        Fix(
            do="Keep a relay near you in the map: it carries the traffic while the two sides meet again.",
            who="you",
            effort="E2",
            duration="10 min",
            undo="take it out of the map",
            verify="natscope netcheck",
        ),
        Fix(
            do="Turn on IPv6 in your router: it passes by the translation.",
            who="you",
            effort="E3",
            duration="5 min",
            undo="turn it off",
            verify="natscope netcheck",
        ),
        Fix(
            do="Ask the provider for a public address of your own, or for longer UDP sessions.",
            who="provider",
            effort="E5",
            duration="days",
            verify="natscope netcheck --lifetime",
        ),
    ),
)

FAMILY: Family = 4
MISSING = "mappings that are kept alive for more than a minute (--lifetime)"


def evidence(facts: Facts) -> Support:
    """An age at which mappings end."""
    part = facts.nat(FAMILY)
    if part.absolute_lifetime_s is None:
        return NOTHING if part.absolute_lifetime_at_least_s is not None else unknown(MISSING)
    age = f"{part.absolute_lifetime_s:g} s"
    return Support(
        Tri.YES,
        (Ground(Strength.DECISIVE, f"mappings that were kept alive ended at the age of {age}", _tests(facts)),),
        detail=f"Although they were in use, public ports changed at the age of {age}.",
    )


def against(facts: Facts) -> Support:
    """Mappings that grew old."""
    part = facts.nat(FAMILY)
    if part.absolute_lifetime_at_least_s is None:
        return unknown(MISSING) if part.absolute_lifetime_s is None else NOTHING
    words = f"mappings lived for {part.absolute_lifetime_at_least_s:g} s while they were in use"
    return Support(Tri.YES, (Ground(Strength.FACT, words, _tests(facts)),))


def _tests(facts: Facts) -> tuple[str, ...]:
    """The tests of sockets that were kept alive, as far as the report cites them."""
    cited = facts.nat(FAMILY).evidence
    tests = tuple(o.id for o in facts.seen("nat.lifetime") if o.id in cited and o.data.get("test") == "kept")
    return tests or ordered(cited)
