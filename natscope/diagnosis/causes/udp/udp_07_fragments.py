"""Pieces of a datagram that is too long for one packet are dropped.

What it is
    A datagram longer than a packet travels in pieces (fragments). A router on the way drops them, for safety or
    for lack of memory. What always fits one packet is not touched: mesh VPNs keep theirs short, so they work.
    Long DNS answers, some logins (RADIUS, IKE with big certificates) and a tunnel inside a tunnel fail.

What we look for
    - a request longer than a packet, sent in pieces several times, never answered;
    - beside it short requests and one full packet that were answered: the control.

What would contradict it
    - one answer to a request that came in pieces.

What to do
    - Keep the VPN's MTU at 1280: then nothing has to be cut.
    - Let the router pass fragments, or put them together first ("virtual reassembly").

How to verify
    `natscope probe path_mtu` says that pieces arrive.

Sources
    RFC 8900 (fragmentation is fragile), RFC 4787 REQ-14, RFC 8200 section 5.
"""

from __future__ import annotations

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.facts import FAMILIES, Facts, ordered
from natscope.diagnosis.words import enumerated
from natscope.model.finding import Fix, Severity
from natscope.model.tri import Tri

CAUSE = Cause(
    id="NS-UDP-07",
    title="Fragments are dropped: UDP datagrams that are too long for one packet never arrive.",
    severity=Severity.INFO,
    sides=1,
    who_can_fix=("you", "administrator"),
    fires=("fragments-dropped",),
    silent=("healthy", "mtu-black-hole"),
    hidden_by=("NS-ENV-01", "NS-ENV-02", "NS-ENV-06", "NS-UDP-01", "NS-UDP-02"),
    fixes=(
        Fix(
            do="Keep the MTU of your VPN's interface at 1280, so that nothing has to be cut.",
            who="you",
            effort="E1",
            duration="2 min",
            undo="set the old value again",
            verify="natscope netcheck",
        ),
        Fix(
            do="Let the router pass fragments, or reassemble them.",
            who="administrator",
            effort="E3",
            duration="15 min",
            undo="take the setting back",
            verify="natscope netcheck",
        ),
    ),
)


def evidence(facts: Facts) -> Support:
    """In any family."""
    parts = {family: facts.path(family) for family in FAMILIES}
    lost = [family for family, part in parts.items() if part.fragments is Tri.NO]
    if lost:
        cited = ordered(tuple(name for family in lost for name in parts[family].evidence))
        families = enumerated([f"IPv{family}" for family in lost])
        ground = Ground(Strength.DECISIVE, "a full packet arrives, pieces of a longer datagram do not", cited)
        return Support(Tri.YES, (ground,), detail=f"Over {families}.")
    if any(part.fragments is Tri.YES for part in parts.values()):
        return NOTHING
    return unknown(parts[4].reasons.get("fragments") or "a datagram that has to be cut")


def against(facts: Facts) -> Support:
    """Nothing but an answer in the same family, and then the report would say so."""
    return NOTHING
