"""Two networks behind one router, and no way between them (VLANs).

What it is
    Behind one router there may be several networks: for guests, for devices, for servers. Nodes in two of them show
    the same public address and have local addresses of different prefixes. If the router does not lead from one to the
    other, and does not turn packets to its own public address round, they stay on a relay although they are a few
    metres apart. Two customers behind one carrier's router look the same.

What we look for
    - both sides show one public address, and have no local prefix in common;
    - packets to all addresses of the peer without an answer, while the peer answered through a relay.

What would contradict it
    - a pong over UDP.

What to do
    - Allow UDP of the mesh VPN (port 41641) between the two networks, or put both into one.
    - Turn on NAT loopback (hairpin NAT) in the router.

How to verify
    `natscope ping PEER` ends with "Direct after …".

Sources
    RFC 5128 section 3.3.1 (peers behind one NAT), RFC 4787 section 6 (hairpinning).
"""

from __future__ import annotations

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.pair.facts import PairFacts
from natscope.diagnosis.pair.support import PairSupport
from natscope.model.finding import Fix, Severity
from natscope.model.pair import Blame
from natscope.model.tri import Tri

CAUSE = Cause(
    id="NS-LAN-02",
    title="Both are behind one router in two networks, and it does not lead from one to the other (VLANs).",
    severity=Severity.FAIL,
    sides=2,
    who_can_fix=("you", "administrator"),
    fires=("two networks of one router that do not answer",),
    silent=("neighbours", "two cones"),
    fixes=(
        Fix(
            do="Put both computers into one network of the router.",
            who="you",
            effort="E1",
            duration="2 min",
            undo="put them back",
            verify="natscope ping PEER",
        ),
        Fix(
            do="Allow UDP port 41641 between the two networks in the router.",
            who="administrator",
            effort="E4",
            duration="10 min",
            undo="take the rule out",
            verify="natscope ping PEER",
        ),
    ),
)


def pair_evidence(facts: PairFacts) -> Support:
    """One public address, two prefixes, and silence."""
    near = facts.near
    if near.same_router is not Tri.YES or near.common:
        return unknown("both sides' public addresses") if near.same_router is Tri.UNKNOWN else NOTHING
    if not facts.this.local or not facts.peer.local:
        return unknown("both sides' local addresses")
    if facts.trial.failed is not Tri.YES:
        return NOTHING if facts.trial.failed is Tri.NO else unknown("pings to the peer (natscope ping)")
    grounds = (
        Ground(Strength.FACT, "one public address and two local networks", ("peer:endpoints",)),
        Ground(Strength.ABSENCE, "none of its addresses answered", ("trial",)),
    )
    return PairSupport(Tri.YES, grounds, blame=Blame.BOTH, short="one router, two networks")


def pair_against(facts: PairFacts) -> Support:
    """A pong."""
    if facts.trial.answered:
        return Support(Tri.YES, (Ground(Strength.DECISIVE, "it answered", ("trial",)),))
    return NOTHING
