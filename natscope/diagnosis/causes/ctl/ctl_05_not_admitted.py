"""The control server does not admit the node: its key has expired, or nobody has approved it.

What it is
    A node of a mesh VPN has a key that the control server vouches for, usually for half a year, and many networks want
    an administrator to approve new nodes. A node with an expired key, or one that nobody approved, is not told of
    others and others are not told of it, whatever the network between them lets through.

What we look for
    - what the control server says of the node: key expired, or not authorised.

What would contradict it
    - nothing: the control server decides it.

What to do
    - Log in again on that node (`tailscale up --force-reauth`), or switch key expiry off for servers.
    - Approve the node in the control server.

How to verify
    `natscope status` no longer says it.

Sources
    Upstream tailcfg/tailcfg.go (Node.KeyExpiry, Node.MachineAuthorized).
"""

from __future__ import annotations

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.pair.facts import PairFacts
from natscope.diagnosis.pair.support import PairSupport
from natscope.model.finding import Fix, Severity
from natscope.model.pair import Blame
from natscope.model.tri import Tri

LOG_IN = Fix(
    do="Log in again on that node (tailscale up --force-reauth), or switch key expiry off for it.",
    who="owner of the peer",
    effort="E2",
    duration="2 min",
    verify="natscope status",
)
APPROVE = Fix(
    do="Approve the node in the control server.",
    who="administrator",
    effort="E2",
    duration="2 min",
    undo="take the approval back",
    verify="natscope status",
)

CAUSE = Cause(
    id="NS-CTL-05",
    title="The control server does not admit the node: its key has expired, or nobody has approved it.",
    severity=Severity.FAIL,
    sides=2,
    who_can_fix=("owner of the peer", "administrator"),
    fires=("expired key", "not approved"),
    silent=("two cones",),
    fixes=(LOG_IN, APPROVE),
)


def pair_evidence(facts: PairFacts) -> Support:
    """The control server's own words."""
    expired = facts.node.is_expired if facts.node is not None else None
    approved = facts.details.is_authorized if facts.details is not None else None
    if expired:
        ground = Ground(Strength.DECISIVE, "its key has expired", ("peer:is_expired",))
        title = f"The key of {facts.peer.called} has expired: it cannot take part until somebody logs it in again."
        return PairSupport(Tri.YES, (ground,), title=title, fixes=(LOG_IN,), blame=Blame.PEER, short="key expired")
    if approved is False:
        ground = Ground(Strength.DECISIVE, "it is not approved", ("peer:is_authorized",))
        title = f"Nobody has approved {facts.peer.called} yet."
        return PairSupport(Tri.YES, (ground,), title=title, fixes=(APPROVE,), blame=Blame.PEER, short="not approved")
    return unknown("what the control server says of it") if expired is None and approved is None else NOTHING


def pair_against(facts: PairFacts) -> Support:
    """Nothing does."""
    return NOTHING
