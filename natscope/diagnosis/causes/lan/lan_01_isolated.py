"""Two computers of one network that cannot reach each other (client isolation).

What it is
    Guest networks and many company networks keep their clients apart: each reaches the internet, none reaches another
    one. Two nodes in such a network have local addresses of one prefix, packets between them get lost, and unless the
    router turns packets to its own public address round, a relay is all that is left. A firewall on either computer
    that drops what comes from the local network looks the same.

What we look for
    - both sides behind one router, with local addresses in one network;
    - packets to the peer's local address without an answer, while the peer answered through a relay.

What would contradict it
    - a pong from a local address.

What to do
    - Put both into the same network, not the guest network, or turn client isolation off in the access point.
    - Let both computers' firewalls admit the mesh VPN from the local network.

How to verify
    `natscope ping PEER` ends with "Direct after …" and names a local address.

Sources
    IEEE 802.11 access points call it client isolation or peer-to-peer blocking; RFC 5128 section 3.3.1 (peers behind
    one NAT).
"""

from __future__ import annotations

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.pair.addresses import LOCAL, kind_of
from natscope.diagnosis.pair.facts import PairFacts
from natscope.diagnosis.pair.support import PairSupport
from natscope.model.finding import Fix, Severity
from natscope.model.pair import Blame
from natscope.model.tri import Tri

CAUSE = Cause(
    id="NS-LAN-01",
    title="Both are in one network, and it keeps its clients apart (client isolation, guest Wi-Fi).",
    severity=Severity.FAIL,
    sides=2,
    who_can_fix=("you", "administrator"),
    fires=("neighbours that do not answer",),
    silent=("neighbours", "two cones"),
    fixes=(
        Fix(
            do="Put both computers into the same network, not the guest network.",
            who="you",
            effort="E1",
            duration="2 min",
            undo="put them back",
            verify="natscope ping PEER",
        ),
        Fix(
            do="Turn client isolation off in the access point.",
            who="administrator",
            effort="E3",
            duration="10 min",
            undo="turn it on",
            verify="natscope ping PEER",
        ),
    ),
)


def pair_evidence(facts: PairFacts) -> Support:
    """One network, and silence: from outside nobody sees who drops the packets, so it is possible only."""
    near = facts.near
    if near.same_network is not Tri.YES:
        return NOTHING if near.same_network is Tri.NO else unknown("whether both are in one network")
    if facts.trial.failed is not Tri.YES:
        return NOTHING if facts.trial.failed is Tri.NO else unknown("pings to the peer (natscope ping)")
    grounds = (
        Ground(Strength.FACT, near.reason, ("peer:endpoints",)),
        Ground(Strength.ABSENCE, "its local addresses did not answer", ("trial",)),
    )
    return PairSupport(Tri.YES, grounds, blame=Blame.BOTH, short="one network that keeps clients apart")


def pair_against(facts: PairFacts) -> Support:
    """A pong from a local address."""
    answered = any(kind_of(end.ip) in LOCAL for end in facts.trial.answered)
    return Support(Tri.YES, (Ground(Strength.DECISIVE, "a pong from there", ("trial",)),)) if answered else NOTHING
