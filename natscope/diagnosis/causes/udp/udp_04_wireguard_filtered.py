"""Datagrams that look like WireGuard's handshake are dropped, other UDP passes.

What it is
    Some networks and states recognise WireGuard by its first packet, which always has the same four bytes at its
    beginning and the same length, and drop it. The two sides find each other, pings of the mesh program go through, and
    then nothing flows. Scrubbers against attacks do the same with lengths they do not know.

What we look for
    - datagrams of that look to a relay that is a helper, none of which comes back;
    - STUN, or datagrams that look random, to the same port in the same moments, which do.

What would contradict it
    - one such datagram that came back.

What to do
    - Let the VPN use a relay: that goes over TCP 443 here.
    - Use a program that disguises WireGuard, where that is allowed.
    - Ask the provider, or use another network.

How to verify
    `natscope probe udp_shapes` says that datagrams of WireGuard's look come back.

Sources
    WireGuard's protocol page (message types and lengths); Tailscale issue 19457.
"""

from __future__ import annotations

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.causes.udp.shape_words import MISSING, passes
from natscope.diagnosis.facts import Facts
from natscope.model.finding import Fix, Severity
from natscope.model.tri import Tri

CAUSE = Cause(
    id="NS-UDP-04",
    title="Somebody on the way drops what looks like WireGuard; other UDP passes.",
    severity=Severity.FAIL,
    sides=1,
    who_can_fix=("you", "provider"),
    fires=("wireguard-filtered",),
    silent=("healthy", "udp-blocked", "stun-filtered"),
    hidden_by=("NS-ENV-01", "NS-ENV-02", "NS-ENV-06", "NS-UDP-01"),
    fixes=(
        Fix(
            do="Let the VPN use a relay: over TCP 443 it passes; or a program that disguises WireGuard, where allowed.",
            who="you",
            effort="E2",
            duration="15 min",
            undo="set it back",
            verify="natscope netcheck",
        ),
        Fix(
            do="Ask the provider why WireGuard's packets get lost, or use another network.",
            who="provider",
            effort="E5",
            duration="days",
            verify="natscope netcheck",
        ),
    ),
)


def evidence(facts: Facts) -> Support:
    """A live trial with its control."""
    told = passes(facts, "wireguard")
    if told is None or told.passes is Tri.UNKNOWN:
        return unknown(MISSING)
    if told.passes is Tri.YES:
        return NOTHING
    return Support(
        Tri.YES, (Ground(Strength.DECISIVE, told.reason, told.evidence),), detail=f"Of that look {told.reason}."
    )


def against(facts: Facts) -> Support:
    """Nothing beyond what `evidence` looks at."""
    return NOTHING
