"""No way was tried: nothing was sent to the peer lately.

What it is
    A mesh VPN looks for a direct way when there is something to send. Forty-five seconds after the last packet it lets
    the way go. A peer that nobody talks to has therefore no way at all, and a first packet after a pause often goes
    through a relay. That is no fault.

What we look for
    - the node's own word that nothing was sent within that time.

What would contradict it
    - a pong.

What to do
    - Nothing. To see what would happen, ping the peer.

How to verify
    `natscope ping PEER`

Sources
    Upstream wgengine/magicsock/endpoint.go (sessionActiveTimeout).
"""

from __future__ import annotations

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.pair.facts import PairFacts
from natscope.diagnosis.pair.support import PairSupport
from natscope.model.finding import Severity
from natscope.model.mesh_status import Way
from natscope.model.pair import Blame
from natscope.model.tri import Tri

CAUSE = Cause(
    id="NS-CTL-08",
    title="Nothing was sent to the peer lately, so no way was tried. That is no fault.",
    severity=Severity.INFO,
    sides=2,
    who_can_fix=("you",),
    fires=("idle",),
    silent=("two cones",),
)


def pair_evidence(facts: PairFacts) -> Support:
    """The node's own word."""
    if facts.node is None or facts.node.way is Way.UNKNOWN:
        return unknown("whether anything was sent (natscope status)")
    if facts.node.way is not Way.IDLE:
        return NOTHING
    ground = Ground(Strength.DECISIVE, "nothing was sent within 45 s", ("peer:is_active",))
    return PairSupport(Tri.YES, (ground,), blame=Blame.NOBODY, short="no traffic, not tested")


def pair_against(facts: PairFacts) -> Support:
    """Pings are traffic."""
    trial = facts.trial
    if trial.answered or trial.relayed or trial.by_peer_relay or trial.silent:
        return Support(Tri.YES, (Ground(Strength.DECISIVE, "it was pinged", ("trial",)),))
    return NOTHING
