"""A packet that comes too early burns a port.

What it is
    Two nodes send to each other at the same time, and the packet of one arrives before the other has sent its own. Most
    routers drop it and forget it. Some take it for a packet to themselves and answer it: Linux without a rule that
    drops what comes in from the internet is such a one. For half a minute or more the port then belongs to the router
    towards that peer, and the node's own packets leave by another port, which the peer was not told. A peer that lets
    in only the port that it wrote to never hears them. So it works when the node behind that router sends first, and
    fails when the peer does.

What we look for
    - packets that a helper sent from its other address before we wrote there, and then the port by which ours left to
      that place, beside another port of the same address that had kept quiet (`natscope netcheck --profile full`);
    - a peer whose router lets in only ports that it wrote to;
    - with these, a try that failed.

What would contradict it
    - a peer that lets in any port of an address, or everything: it hears the other port too;
    - a side without UDP, or with another port for each peer: then it fails whoever begins (NS-UDP-01, NS-NAT-02).

What to do
    - Let the side behind that router begin: ping from there, half a minute or more after the last try.
    - A client with a choice opens with a packet of a small TTL, which opens its own router and dies before the peer's.
    - Drop what comes in from the internet unasked, before the router takes it for its own: an input rule with
      `drop`, not `reject` and not `accept`.

How to verify
    `natscope netcheck --profile full` finds no port that burns; `natscope ping PEER`

Sources
    Ford, Srisuresh, Kegel, "Peer-to-Peer Communication Across NATs", section 3.4; RFC 5382 REQ-4 wants silence for TCP;
    Linux netfilter (an early packet confirms a conntrack entry of the router's own).
"""

from __future__ import annotations

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.pair.facts import PairFacts
from natscope.diagnosis.pair.side import YOU, Side
from natscope.diagnosis.pair.support import PairSupport, blame_of, ground, shorter
from natscope.model.finding import Fix, Severity
from natscope.model.nat import Filtering
from natscope.model.tri import Tri

CAUSE = Cause(
    id="NS-NAT-15",
    title="A packet that comes too early burns a port: the two meet only if the right side begins.",
    severity=Severity.WARN,
    sides=2,
    who_can_fix=("you", "administrator"),
    fires=("early packets burn a port",),
    silent=("two cones", "early packets burn no port", "early packets burn a port, and the peer hears any"),
    fixes=(
        Fix(
            do="Let the side behind that router begin: wait a minute, then ping from there (a client that can opens "
            "with a packet of a small TTL).",
            who="you",
            effort="E1",
            duration="2 min",
            verify="natscope ping PEER",
        ),
        Fix(
            do="On that router: drop what comes in from the internet unasked (an input rule with drop, not reject).",
            who="administrator",
            effort="E3",
            duration="10 min",
            undo="take the rule out",
            verify="natscope netcheck --profile full",
        ),
    ),
)
_STRICT = Filtering.ADDRESS_AND_PORT_DEPENDENT


def pair_evidence(facts: PairFacts) -> Support:
    """A side whose port burns, and another that lets in only the port that it wrote to; a try in vain adds to it."""
    burning = [side for side in facts.sides if not side.blurred and side.v4.burns.value is Tri.YES]
    if not burning:
        known = all(side.v4.burns.value is Tri.NO for side in facts.sides)
        return NOTHING if known else unknown("whether early packets burn ports (natscope netcheck --profile full)")
    side = burning[0]
    other = facts.peer if side is facts.this else facts.this
    if other.v4.lets_in.value is Filtering.UNKNOWN:
        return unknown(f"whom the router of {other.called} lets in (a report of it)")
    if other.v4.lets_in.value is not _STRICT:
        return NOTHING
    grounds = (
        ground(side.v4.burns, f"{side.at}, a packet that comes too early takes the port away"),
        Ground(
            other.v4.lets_in.strength, f"{other.called} lets in only ports that it wrote to", other.v4.lets_in.evidence
        ),
    )
    failed = (Ground(Strength.FACT, "every candidate was tried, and none answered", ("trial",)),)
    begin = f"{side.called} must begin" if len(burning) == 1 else "both must send at the same moment"
    blame = blame_of(facts.this, *burning)
    return PairSupport(
        Tri.YES,
        grounds,
        title=f"{_router_of(side)} gives up its port to packets that come too early: {begin}.",
        blame=blame,
        short=shorter(blame, "your router: early packets burn ports", "its router: early packets burn ports"),
        also=failed if facts.trial.failed is Tri.YES else (),
    )


def _router_of(side: Side) -> str:
    """At the start of a sentence, where a name stays as it is written."""
    return "Your router" if side.names is YOU else f"The router of {side.called}"


def pair_against(facts: PairFacts) -> Support:
    """A side without UDP, or with another port for each peer, fails whoever begins; neighbours need no such port.

    Where that is not known, nothing is claimed.
    """
    for side in facts.sides:
        if side.v4.works.value is Tri.NO or side.v4.varies.value is Tri.YES:
            return Support(Tri.YES, (Ground(Strength.FACT, f"{side.called} fails whoever begins"),))
    if facts.near.same_router is Tri.YES:
        return Support(Tri.YES, (Ground(Strength.FACT, "both are behind one router"),))
    told = [tri for side in facts.sides for tri in (side.v4.works.value, side.v4.varies.value)]
    if Tri.UNKNOWN in (*told, facts.near.same_router):
        return unknown("a netcheck of both sides")
    return NOTHING
