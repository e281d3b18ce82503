"""The router does not turn packets to its own public address round.

What it is
    Two computers behind one router that know only each other's public address write to the router itself. It throws
    that away instead of handing it back inside (hairpinning, NAT loopback). It does no harm where the two find each
    other by their local addresses: in one network without client isolation they do. In guest networks, separate
    VLANs, and behind a carrier's NAT they do not, and then this keeps them apart. A router that hands the packet back
    with the private source address looks the same from one computer, and confuses programs on two.

What we look for
    - requests from one socket of ours to the public endpoint of another one, unanswered six times, while requests to a
      relay beside them were answered and the public port is the same for all.

What would contradict it
    - a packet that came round.

What to do
    - Put both computers into one network (the same Wi-Fi, no client isolation).
    - Turn on NAT loopback or hairpin NAT in the router, where it is offered, or route between the two networks.

How to verify
    `natscope netcheck --hairpin` says "Own address: works from inside".

Sources
    RFC 4787 section 6, REQ-9; RFC 5780 section 3.5.
"""

from __future__ import annotations

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.facts import Facts
from natscope.diagnosis.pair.facts import PairFacts
from natscope.diagnosis.pair.support import PairSupport, ground, strongest
from natscope.model.endpoint import Family
from natscope.model.finding import Fix, Severity
from natscope.model.pair import Blame
from natscope.model.tri import Tri

CAUSE = Cause(
    id="NS-NAT-10",
    title="Your router does not turn packets round: computers behind it meet by their local addresses only.",
    severity=Severity.INFO,
    sides=1,
    who_can_fix=("you", "administrator"),
    fires=("no-hairpin",),
    silent=("healthy", "mapping-varies"),
    hidden_by=("NS-ENV-01", "NS-ENV-02", "NS-ENV-06", "NS-UDP-01"),
    minor=True,
    fixes=(
        Fix(
            do="Put computers that must meet into one network: the same Wi-Fi, no guest network, no client isolation.",
            who="you",
            effort="E1",
            duration="2 min",
            undo="put them back",
            verify="natscope netcheck --hairpin",
        ),
        Fix(
            do="Turn on NAT loopback (hairpin NAT) in the router, where it is offered, or route between the networks.",
            who="administrator",
            effort="E3",
            duration="10 min",
            undo="turn it off",
            verify="natscope netcheck --hairpin",
        ),
    ),
)

FAMILY: Family = 4
MISSING = "a call to our own public address (--hairpin)"


def evidence(facts: Facts) -> Support:
    """Calls that got lost beside controls that did not."""
    part = facts.nat(FAMILY)
    if part.hairpinning is Tri.UNKNOWN:
        return unknown(MISSING)
    if part.hairpinning is Tri.YES:
        return NOTHING
    tried = tuple(o.id for o in facts.seen("nat.hairpin") if o.family == FAMILY)
    return Support(Tri.YES, (Ground(Strength.DECISIVE, "our calls got lost, those beside them did not", tried),))


def against(facts: Facts) -> Support:
    """A call that came round."""
    part = facts.nat(FAMILY)
    if part.hairpinning is Tri.UNKNOWN:
        return unknown(MISSING)
    came = tuple(o.id for o in facts.seen("nat.hairpin") if o.family == FAMILY)
    return (
        NOTHING
        if part.hairpinning is Tri.NO
        else Support(Tri.YES, (Ground(Strength.DECISIVE, "a packet came round", came),))
    )


def pair_evidence(facts: PairFacts) -> Support:
    """Both behind one router, which was seen not to turn packets round; it matters where local addresses fail."""
    if facts.near.same_router is not Tri.YES:
        return NOTHING if facts.near.same_router is Tri.NO else unknown("both sides' public addresses")
    told = strongest([(s, s.v4.hairpin) for s in facts.sides if s.v4.hairpin.value is Tri.NO])
    if not told or any(side.v4.hairpin.value is Tri.YES for side in facts.sides):
        return NOTHING if not told else unknown(MISSING)
    matters = facts.prediction.path == "relay"
    return PairSupport(
        Tri.YES,
        (
            Ground(Strength.FACT, "both show one public address", ("peer:endpoints",)),
            ground(told[0][1], "calls to that address got lost"),
        ),
        title="Both are behind one router, which does not turn packets to its own address round.",
        severity=Severity.FAIL if matters else Severity.INFO,
        blame=Blame.BOTH,
        short="one router, no NAT loopback",
    )


def pair_against(facts: PairFacts) -> Support:
    """A pong from a public address."""
    answered = set(facts.peer.v4.public) & {end.ip for end in facts.trial.answered}
    return Support(Tri.YES, (Ground(Strength.DECISIVE, "a pong came round", ("trial",)),)) if answered else NOTHING
