"""Relays see several public addresses of this computer.

What it is
    Packets to different hosts leave through different public addresses: two uplinks that share the load, or a
    provider's pool that does not keep one address for one customer. A peer writes to the address that a relay
    saw, while this computer's answers leave from another: many routers drop those.

What we look for
    - two relays that see two public addresses of one local socket;
    - the first address again after the second was seen: then they are in use side by side, and it was not one
      change in between.

What would contradict it
    - one public address at all relays.

What to do
    - Bind this computer, or its VPN's UDP port, to one uplink in the router ("sticky", "policy route").
    - Bind the VPN to one interface, if this computer has several.
    - Ask the provider to keep one address for all connections ("paired" pooling).

How to verify
    `natscope netcheck` shows one address in its IPv4 line.

Sources
    RFC 4787 section 4.1 and REQ-2 (paired address pooling), RFC 6888 (carrier-grade NAT).
"""

from __future__ import annotations

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.facts import Facts, ordered
from natscope.diagnosis.samples import alternates
from natscope.diagnosis.words import enumerated
from natscope.model.endpoint import Family
from natscope.model.finding import Fix, Severity
from natscope.model.report import SeenEndpoint
from natscope.model.tri import Tri

CAUSE = Cause(
    id="NS-NAT-09",
    title="Your packets leave from several public addresses, so peers may write to the wrong one.",
    severity=Severity.WARN,
    sides=1,
    who_can_fix=("you", "administrator", "provider"),
    fires=("several-addresses",),
    silent=("healthy", "mapping-varies"),
    hidden_by=("NS-ENV-01", "NS-ENV-02", "NS-ENV-06", "NS-UDP-01"),
    fixes=(
        Fix(
            do="Bind your VPN to one network interface, if this computer has several.",
            who="you",
            effort="E2",
            duration="5 min",
            undo="take the setting out",
            verify="natscope netcheck",
        ),
        Fix(
            do="In the router, send this computer's UDP through one uplink (sticky or policy routing).",
            who="you",
            effort="E3",
            duration="10 min",
            undo="take the rule out",
            verify="natscope netcheck",
        ),
        Fix(
            do="Ask the provider to keep one public address for you (paired pooling).",
            who="provider",
            effort="E5",
            duration="days",
            verify="natscope netcheck",
        ),
    ),
)

FAMILY: Family = 4


def evidence(facts: Facts) -> Support:
    """Several public addresses of one socket."""
    several = facts.several_addresses(FAMILY)
    if several.holds is Tri.UNKNOWN:
        return unknown(several.missing)
    if several.holds is Tri.NO:
        return NOTHING
    by_address: dict[str, SeenEndpoint] = {}
    for endpoint in facts.endpoints(FAMILY):
        by_address.setdefault(endpoint.address, endpoint)
    seen = tuple(by_address.values())
    detail = f"Relays saw {enumerated([e.address for e in seen])}." if len(seen) > 1 else ""
    return Support(Tri.YES, _grounds(facts, seen), detail=detail)


def against(facts: Facts) -> Support:
    """One public address at all relays."""
    several = facts.several_addresses(FAMILY)
    if several.holds is Tri.NO:
        return Support(Tri.YES, (Ground(Strength.DECISIVE, "one public address for all", several.evidence),))
    return NOTHING if several else unknown(several.missing)


def _grounds(facts: Facts, seen: tuple[SeenEndpoint, ...]) -> tuple[Ground, ...]:
    """An address that comes back after another one decides; else each further address is one fact."""
    for local in sorted({sample.local for sample in facts.mapped if sample.family == FAMILY}):
        samples = [s for s in facts.mapped if s.local == local and s.family == FAMILY]
        again = alternates(samples, lambda sample: sample.endpoint.ip)
        if again:
            return (Ground(Strength.DECISIVE, "an address came back after another was seen", again),)
    facts_of = tuple(Ground(Strength.FACT, f"{e.address} was seen", ordered(e.evidence)) for e in seen[1:])
    return facts_of or (Ground(Strength.FACT, "several addresses were seen", facts.several_addresses(FAMILY).evidence),)
