"""This computer has no IPv6.

What it is
    There is no IPv6 address that could talk to the internet: none at all, only addresses that are valid on one
    cable (link-local), or IPv6 is switched off. That is common and breaks nothing. But IPv6 passes by address
    translation, so where both sides have it, direct connections are the rule.

What we look for
    - the addresses and routes of this computer: no global IPv6 address or no route for it;
    - whether the system can open an IPv6 socket at all.

What would contradict it
    - an answer from a relay over IPv6.

What to do
    - Turn on IPv6 in the router ("prefix delegation" or "native IPv6"); many providers deliver it and many
      routers ship with it off.
    - Ask the provider for IPv6.
    - If you get direct connections over IPv4, there is nothing to do.

How to verify
    `natscope netcheck -6` shows an address under "Addresses" and round trips in the IPv6 column.

Sources
    RFC 4291 section 2.5 (kinds of addresses), RFC 4193 (unique local addresses), RFC 8415 (prefix delegation).
"""

from __future__ import annotations

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.facts import Facts
from natscope.diagnosis.pair.facts import PairFacts
from natscope.diagnosis.pair.support import PairSupport, blame_of, ground, shorter, strongest
from natscope.model.endpoint import Family
from natscope.model.finding import Fix, Severity
from natscope.model.tri import Tri

CAUSE = Cause(
    id="NS-V6-01",
    title="This computer has no IPv6. That breaks nothing; with it, direct connections are easier.",
    severity=Severity.INFO,
    sides=1,
    who_can_fix=("you", "provider"),
    fires=("mapping-varies",),
    silent=("healthy", "ipv6-broken", "no-network"),
    fixes=(
        Fix(
            do="Turn on IPv6 in your router, if your provider delivers it.",
            who="you",
            effort="E3",
            duration="10 min",
            undo="turn it off",
            verify="natscope netcheck -6",
        ),
        Fix(
            do="Ask your provider for IPv6.",
            who="provider",
            effort="E5",
            duration="days",
            verify="natscope netcheck -6",
        ),
    ),
    minor=True,
)

FAMILY: Family = 6
NONE = frozenset({"absent", "link-local-only"})


def evidence(facts: Facts) -> Support:
    """No usable address or route in this host's own tables, while IPv4 works: else no network is there."""
    part = facts.family(FAMILY)
    if part.works is Tri.UNKNOWN:
        return unknown(part.reason or "a run with IPv6")
    if part.works is Tri.YES and not facts.is_seen_from_outside(FAMILY):
        return unknown("an answer over IPv6 from a relay on the internet")
    if part.works is Tri.YES or part.state not in NONE:
        return NOTHING
    other = facts.works(4)
    if other.holds is not Tri.YES:
        return unknown("a network that works over IPv4" if other.holds is Tri.NO else other.missing)
    says = "only link-local addresses" if part.state == "link-local-only" else "no global address or no route"
    detail = "It has link-local addresses only." if part.state == "link-local-only" else ""
    if part.os_support is Tri.NO:
        says, detail = "the system has IPv6 switched off", "The system has it switched off."
    return Support(Tri.YES, (Ground(Strength.DECISIVE, says, facts.works(FAMILY).evidence),), detail=detail)


def against(facts: Facts) -> Support:
    """An answer over IPv6, from the internet."""
    works = facts.works(FAMILY)
    if works and not facts.is_seen_from_outside(FAMILY):
        return unknown("an answer over IPv6 from a relay on the internet")
    if works:
        return Support(Tri.YES, (Ground(Strength.DECISIVE, "an answer over IPv6", works.evidence),))
    return NOTHING if works.holds is Tri.NO else unknown(works.missing)


def pair_evidence(facts: PairFacts) -> Support:
    """One side, or both, without IPv6 of its own."""
    told = [(s, s.v6.absent) for s in facts.sides if not s.blurred and s.v6.absent.value is Tri.YES]
    lacking = tuple(side for side, _ in strongest(told))
    if not lacking:
        known = all(side.v6.works.value.known for side in facts.sides)
        return NOTHING if known else unknown("whether both sides have IPv6")
    blame = blame_of(facts.this, *lacking)
    who = " and ".join(side.called for side in lacking)
    return PairSupport(
        Tri.YES,
        tuple(ground(side.v6.absent, f"{side.called} has no IPv6") for side in lacking),
        title=f"{who[:1].upper() + who[1:]} {'have' if len(lacking) > 1 else 'has'} no IPv6, which would pass by all "
        "translation.",
        blame=blame,
        short=shorter(blame, "you have no IPv6", "it has no IPv6", "neither has IPv6"),
    )


def pair_against(facts: PairFacts) -> Support:
    """A pong over IPv6."""
    answered = any(end.family == 6 for end in facts.trial.answered)
    return Support(Tri.YES, (Ground(Strength.DECISIVE, "a pong over IPv6", ("trial",)),)) if answered else NOTHING
