"""Two routers of one's own translate, one behind the other (double NAT).

What it is
    Behind the provider's box stands a router of your own, and both translate addresses. Direct connections still
    come about where both behave well; but a port that one of them opens ends at the other, so port mapping and
    forwarding do not work, and each of the two can spoil it.

What we look for
    - your router's own outside address, as it tells by UPnP, NAT-PMP or PCP: a private one, while relays see
      another;
    - two routers with private addresses in a row on the way. By itself that may be a company's routed network as
      well, so then it is only possible.

What would contradict it
    - a router whose own outside address is the one that relays see;
    - a first router with a public address on the side of the internet.

What to do
    - Switch one of the two to bridge mode or access point mode, so that it only passes on.
    - Or make the inner router the outer one's exposed host (DMZ).
    - Or forward the VPN's UDP port in both.

How to verify
    `natscope netcheck` shows one layer of translation.

Sources
    RFC 5382 and RFC 4787 section 5 (NATs behind NATs), RFC 6886 section 9 (a mapping ends at the next NAT).
"""

from __future__ import annotations

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.facts import Facts, cite
from natscope.diagnosis.missing import own_address
from natscope.diagnosis.words import enumerated
from natscope.model.endpoint import Family
from natscope.model.finding import Fix, Severity
from natscope.model.report import NatFamilyReport
from natscope.model.tri import Tri

CAUSE = Cause(
    id="NS-NAT-08",
    title="Two routers translate addresses, one behind the other (double NAT): ports that one opens end at the other.",
    severity=Severity.WARN,
    sides=1,
    who_can_fix=("you", "administrator"),
    fires=("double-nat", "double-nat-possible"),
    silent=("healthy", "cgnat", "public-host"),
    hidden_by=("NS-ENV-01", "NS-ENV-02", "NS-ENV-06", "NS-UDP-01"),
    fixes=(
        Fix(
            do="Switch one of the two routers to bridge mode or access point mode.",
            who="you",
            effort="E3",
            duration="15 min",
            undo="switch it back",
            verify="natscope netcheck",
        ),
        Fix(
            do="Make the inner router the exposed host (DMZ) of the outer one.",
            who="you",
            effort="E3",
            duration="10 min",
            undo="take the entry out",
            verify="natscope netcheck",
        ),
    ),
)

FAMILY: Family = 4
MISSING = "the addresses of the routers on the way, or your router's own outside address"


def evidence(facts: Facts) -> Support:
    """The router's own word, or two private routers in a row."""
    part = facts.nat(FAMILY)
    row = tuple(hop for hop in part.hops if hop.place == "private")
    names = enumerated([hop.address for hop in row])
    if part.double_nat is Tri.YES:
        told = cite(facts.outside_addresses) or part.evidence
        ground = Ground(Strength.DECISIVE, "your router's own outside address is private", told)
        detail = f"On the way: {names}." if len(row) > 1 else ""
        return Support(Tri.YES, (ground,), detail=detail, refines=("NS-MAP-02",))
    if part.double_nat is Tri.NO or not _is_translated(facts, part):
        return NOTHING if part.double_nat is Tri.NO else unknown(part.reasons.get("double_nat") or MISSING)
    if len(row) < 2:
        return unknown(part.reasons.get("double_nat") or MISSING)
    cited = tuple(name for hop in row for name in hop.evidence)
    return Support(
        Tri.YES,
        (Ground(Strength.FACT, "two routers with private addresses in a row", cited),),
        title="Two routers with private addresses stand in a row: perhaps both translate (double NAT).",
        detail=f"On the way: {names}. A company's routed network looks the same.",
        severity=Severity.INFO,
        missing=own_address(facts),
    )


def against(facts: Facts) -> Support:
    """One layer, or a carrier's."""
    part = facts.nat(FAMILY)
    if part.double_nat is Tri.NO:
        words = part.layers_by or "only one router of your own is on the way"
        return Support(Tri.YES, (Ground(Strength.DECISIVE, words, part.evidence),))
    holds = evidence(facts).holds is Tri.YES
    return NOTHING if holds else unknown(part.reasons.get("double_nat") or MISSING)


def _is_translated(facts: Facts, part: NatFamilyReport) -> bool:
    """Somebody translates, and relays told so."""
    return bool(facts.endpoints(FAMILY)) and part.layers != 0
