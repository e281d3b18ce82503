"""This computer has an IPv6 address, but nothing comes back over IPv6.

What it is
    There is an address that looks usable, yet no relay answers over IPv6 while IPv4 works. Programs try IPv6
    first and wait, so connections start slowly, and the address is offered to peers in vain. Typical reasons: a
    router that announces a prefix its provider no longer routes, a dead tunnel, a firewall without rules for
    IPv6.

What we look for
    - a global IPv6 address on this computer;
    - requests over IPv6 to all relays that have it, none answered, while IPv4 was answered in the same run.

What would contradict it
    - one answer over IPv6;
    - silence over IPv4 as well: then IPv6 is not the trouble.

What to do
    - Restart the router, so that it asks for a fresh prefix.
    - Remove tunnels that are no longer in use (`ip -6 route` shows where packets go).
    - Let UDP out over IPv6 in the router's firewall.

How to verify
    `natscope netcheck -6` shows round trips in the IPv6 column.

Sources
    RFC 4861 section 6.3.4 (how a prefix gets onto a host), RFC 8305 (why programs wait), RFC 4193 (unique local
    addresses).
"""

from __future__ import annotations

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.facts import Facts, cite
from natscope.diagnosis.missing import OVER_IPV4
from natscope.diagnosis.words import as_sentence
from natscope.model.finding import Fix, Severity
from natscope.model.observation import Outcome
from natscope.model.tri import Tri

CAUSE = Cause(
    id="NS-V6-02",
    title="This computer has an IPv6 address, but nothing comes back over IPv6.",
    severity=Severity.WARN,
    sides=1,
    who_can_fix=("you", "provider"),
    fires=("ipv6-broken",),
    silent=("healthy", "mapping-varies"),
    hidden_by=("NS-ENV-01", "NS-ENV-02", "NS-ENV-06", "NS-UDP-01"),
    fixes=(
        Fix(
            do="Restart your router, so that it asks for a fresh IPv6 prefix; remove IPv6 tunnels no longer in use.",
            who="you",
            effort="E3",
            duration="5 min",
            verify="natscope netcheck -6",
        ),
        Fix(
            do="Ask your provider why packets to your IPv6 prefix do not arrive.",
            who="provider",
            effort="E5",
            duration="days",
            verify="natscope netcheck -6",
        ),
    ),
)


def evidence(facts: Facts) -> Support:
    """An address without answers, with IPv4 as control."""
    part = facts.family(6)
    if part.works is Tri.UNKNOWN:
        return unknown(part.reason or "a run with IPv6")
    if part.works is Tri.YES or part.state != "broken":
        return NOTHING
    asked = tuple(o for o in facts.seen("stun.binding", Outcome.NO_ANSWER, Outcome.ICMP_ERROR) if o.family == 6)
    grounds = [Ground(Strength.ABSENCE, "no answer over IPv6", cite(asked) or facts.works(6).evidence)]
    if facts.works(4):
        grounds.append(Ground(Strength.DECISIVE, "IPv4 answered in the same run", facts.works(4).evidence))
    return Support(Tri.YES, tuple(grounds), detail=as_sentence(part.reason), missing=_missing(facts))


def _missing(facts: Facts) -> tuple[str, ...]:
    """The control, where the run left it out."""
    return (OVER_IPV4,) if facts.works(4).holds is Tri.UNKNOWN else ()


def against(facts: Facts) -> Support:
    """An answer over IPv6."""
    works = facts.works(6)
    if works:
        return Support(Tri.YES, (Ground(Strength.DECISIVE, "an answer over IPv6", works.evidence),))
    return NOTHING if works.holds is Tri.NO else unknown(works.missing)
