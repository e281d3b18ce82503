"""The gateway is a company's firewall, which gives each destination another public port.

What it is
    Firewalls for companies (Palo Alto, Fortinet, SonicWall, Check Point, WatchGuard, Sophos) translate each connection
    to another port by default, because that is what most protocols need least rules for. For peers that is a symmetric
    NAT (NS-NAT-01). Each maker has a setting that ends it, for one port or for one computer.

What we look for
    - another public port for each relay;
    - a gateway whose network card was made by one of them. That says nothing about the rule in force, so this is never
      more than possible.

What would contradict it
    - one public port for all relays.

What to do
    - Ask the administrator for a persistent or consistent translation of the VPN's UDP port: Palo Alto "persistent
      DIPP", SonicWall "consistent NAT", Fortinet a one-to-one or fixed-port IP pool, others a static NAT.
    - Or for one UDP port forwarded to a computer that the others reach (subnet router, peer relay).
    - Else a relay of your own nearby.

How to verify
    `natscope netcheck` says "Public port: same for all peers".

Sources
    The registry of the IEEE (makers of network cards); the makers' documentation of these settings; RFC 4787 REQ-1.
"""

from __future__ import annotations

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.causes.nat.firewall_makers import maker_of
from natscope.diagnosis.facts import Facts, ordered
from natscope.model.endpoint import Family
from natscope.model.finding import Fix, Severity
from natscope.model.tri import Tri

CAUSE = Cause(
    id="NS-NAT-06",
    title="Your gateway seems to be a company's firewall: it shows each peer another port until it is told otherwise.",
    severity=Severity.INFO,
    sides=1,
    who_can_fix=("administrator",),
    fires=("company-firewall",),
    silent=("healthy", "mapping-varies", "random-source-port"),
    hidden_by=("NS-ENV-01", "NS-ENV-02", "NS-ENV-06", "NS-UDP-01"),
    lends=("NS-NAT-01",),
    fixes=(
        Fix(
            do="Ask for a persistent (consistent) translation of the VPN's UDP port, or one port forwarded by hand.",
            who="administrator",
            effort="E4",
            duration="days",
            undo="take the rule out",
            verify="natscope netcheck",
        ),
    ),
)

FAMILY: Family = 4


def evidence(facts: Facts) -> Support:
    """Another port for each peer, and the gateway's maker."""
    varies, computer = facts.mapping_varies(FAMILY), facts.report.surroundings.computer
    if varies.holds is Tri.NO:
        return NOTHING
    if varies.holds is Tri.UNKNOWN:
        return unknown(varies.missing)
    makers = [maker for prefix in computer.gateway_makers if (maker := maker_of(prefix))]
    if not makers:
        return NOTHING if computer.gateway_makers else unknown("who made the gateway's network card (host_facts)")
    differs = Ground(Strength.FACT, "each peer sees another public port", ordered(varies.evidence))
    made = Ground(Strength.FINGERPRINT, f"the gateway's network card is of {makers[0]}", computer.evidence)
    return Support(Tri.YES, (differs, made), detail=f"The gateway's network card is of {makers[0]}.")


def against(facts: Facts) -> Support:
    """Nothing beyond what `evidence` looks at."""
    return NOTHING
