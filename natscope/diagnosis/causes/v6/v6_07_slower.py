"""The way over IPv6 is worse than the one over IPv4.

What it is
    Packets over IPv6 take longer than those over IPv4, to the same relays: another route, a tunnel (6in4, 6rd), or a
    provider that carries IPv6 across another city. Programs prefer IPv6, or take whichever answers first, so a direct
    connection may be slower than it could be.

What we look for
    - round trips to the same relays in the same run over both families: longer by a fifth and by 15 ms at three
      quarters of them, three at least.

What would contradict it
    - relays that answer as fast over IPv6.

What to do
    - Look for a tunnel (`ip -6 route`): where the provider offers native IPv6, use that.
    - Let the mesh program prefer IPv4, where it can be told.
    - Send the provider a trace of both families to one of the relays (`tracepath -4`, `tracepath -6`).

How to verify
    `natscope netcheck` shows like round trips in the columns IPv4 and IPv6.

Sources
    RFC 8305 section 4 (which address programs take first), RFC 6724.
"""

from __future__ import annotations

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.facts import Facts, ordered
from natscope.model.finding import Fix, Severity
from natscope.model.report import RelayReport
from natscope.model.tri import Tri

CAUSE = Cause(
    id="NS-V6-07",
    title="The way over IPv6 is longer than the one over IPv4.",
    severity=Severity.INFO,
    sides=1,
    who_can_fix=("you", "provider"),
    fires=("ipv6-slower",),
    silent=("healthy", "ipv6-broken", "mapping-varies"),
    hidden_by=("NS-ENV-01", "NS-ENV-02", "NS-ENV-06", "NS-UDP-01"),
    fixes=(
        Fix(
            do="If IPv6 comes by a tunnel, replace it by the provider's own; or let the VPN prefer IPv4.",
            who="you",
            effort="E2",
            duration="15 min",
            undo="set it back",
            verify="natscope netcheck",
        ),
        Fix(
            do="Send your provider traces of both families to one relay.",
            who="provider",
            effort="E5",
            duration="days",
            verify="natscope netcheck",
        ),
    ),
)
ENOUGH_RELAYS, MOST = 3, 0.75
LONGER, LONGER_MS = 1.2, 15.0


def evidence(facts: Facts) -> Support:
    """Relays by relays, each a fact of its own."""
    both = [r for r in facts.relays if r.best_ms.stun_v4 is not None and r.best_ms.stun_v6 is not None]
    if len(both) < ENOUGH_RELAYS:
        return unknown("round trips to three relays over both families")
    longer = [relay for relay in both if _is_longer(relay)]
    if len(longer) < max(ENOUGH_RELAYS, MOST * len(both)):
        return NOTHING
    more = sorted(_difference(relay) for relay in longer)
    at = f"at {len(longer)} of {len(both)} relays"
    title = f"The way over IPv6 is longer than the one over IPv4: {more[len(more) // 2]:.0f} ms more, {at}."
    grounds = [
        Ground(
            Strength.FACT, f"{relay.region_code} is {_difference(relay):.0f} ms farther", ordered(relay.evidence)[:8]
        )
        for relay in longer[:8]
    ]
    return Support(Tri.YES, tuple(grounds), title=title, detail="It works; peers that are reached over it are slower.")


def against(facts: Facts) -> Support:
    """Nothing beyond what `evidence` looks at."""
    return NOTHING


def _difference(relay: RelayReport) -> float:
    return (relay.best_ms.stun_v6 or 0.0) - (relay.best_ms.stun_v4 or 0.0)


def _is_longer(relay: RelayReport) -> bool:
    return _difference(relay) >= LONGER_MS and (relay.best_ms.stun_v6 or 0.0) >= LONGER * (relay.best_ms.stun_v4 or 0.0)
