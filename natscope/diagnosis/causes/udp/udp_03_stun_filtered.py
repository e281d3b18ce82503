"""STUN is filtered, other UDP passes.

What it is
    A firewall on the way reads packets (deep packet inspection) and drops those of STUN, by which programs learn their
    public address. UDP itself is open: a direct connection would work if the two sides knew where to write to. Mesh
    VPNs learn it from relays by STUN and find nothing, so they fall back to a relay.

What we look for
    - requests over STUN that no relay answers;
    - a relay of yours that is a helper and answers datagrams without STUN's look, on the same port.

What would contradict it
    - one answer over STUN.

What to do
    - Ask whoever runs the network to let STUN pass (UDP port 3478).
    - Forward one UDP port to this computer and tell the mesh program its address, where it takes one.
    - IPv6, or another network.

How to verify
    `natscope netcheck` shows round trips over IPv4 or IPv6 in the relay table.

Sources
    RFC 8489 section 5 (how STUN is recognised), RFC 7983.
"""

from __future__ import annotations

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.causes.udp.shape_words import MISSING, passes
from natscope.diagnosis.facts import Facts, cite
from natscope.model.finding import Fix, Severity
from natscope.model.observation import Outcome
from natscope.model.tri import Tri

CAUSE = Cause(
    id="NS-UDP-03",
    title="Somebody on the way filters STUN; other UDP passes.",
    severity=Severity.FAIL,
    sides=1,
    who_can_fix=("administrator", "you"),
    fires=("stun-filtered",),
    silent=("healthy", "udp-blocked", "wireguard-filtered"),
    hides=("how your router translates (NAT type)", "public UDP address and port", "round trips over UDP"),
    hidden_by=("NS-ENV-01", "NS-ENV-02", "NS-ENV-06", "NS-NAT-18"),
    fixes=(
        Fix(
            do="Forward one UDP port to this computer, and tell the mesh program that address, where it takes one.",
            who="you",
            effort="E3",
            duration="15 min",
            undo="take the rule out",
            verify="natscope netcheck",
        ),
        Fix(
            do="Ask the administrator of the network to let STUN pass (UDP port 3478).",
            who="administrator",
            effort="E4",
            duration="days",
            verify="natscope netcheck",
        ),
    ),
)


def evidence(facts: Facts) -> Support:
    """Other UDP that comes back from a relay whose STUN does not."""
    opaque = passes(facts, "opaque")
    if opaque is None or opaque.passes is Tri.UNKNOWN:
        return unknown(MISSING)
    stun = passes(facts, "stun")
    if opaque.passes is Tri.NO or stun is None or stun.passes is not Tri.NO:
        return NOTHING
    silent = facts.seen("stun.binding", Outcome.NO_ANSWER)
    return Support(
        Tri.YES,
        (
            Ground(
                Strength.DECISIVE, "UDP that does not look like STUN comes back from the same port", opaque.evidence
            ),
            Ground(Strength.ABSENCE, "no answer over STUN", cite(silent)),
        ),
    )


def against(facts: Facts) -> Support:
    """An answer over STUN."""
    came = facts.seen("stun.binding", Outcome.ANSWERED)
    return Support(Tri.YES, (Ground(Strength.DECISIVE, "STUN was answered", cite(came)),)) if came else NOTHING
