"""A router edits addresses inside STUN packets.

What it is
    Some routers look for addresses inside packets and replace the public one by the private one ("ALG", application
    layer gateway, often for SIP). Programs that believe what they read then tell their peers an address that nobody
    outside can reach. STUN's newer attribute (XOR-MAPPED-ADDRESS) is scrambled so that such routers do not find it.

What we look for
    - one answer of a relay that tells our address in both forms, and they differ.

What would contradict it
    - answers in which both are the same.

What to do
    - Use a program that reads XOR-MAPPED-ADDRESS: every current mesh program does, old telephony does not.
    - Turn off the SIP or STUN ALG in the router.

How to verify
    `natscope netcheck` no longer says it.

Sources
    RFC 8489 section 14.2 (why the address is scrambled), RFC 4787 section 7, RFC 5780 section 3.
"""

from __future__ import annotations

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.facts import Facts, ordered
from natscope.model.endpoint import Family
from natscope.model.finding import Fix, Severity
from natscope.model.observation import Observation
from natscope.model.tri import Tri

CAUSE = Cause(
    id="NS-NAT-16",
    title="Your router changes addresses inside packets: programs that believe them tell peers the wrong address.",
    severity=Severity.WARN,
    sides=1,
    who_can_fix=("you", "administrator"),
    fires=("stun-edited",),
    silent=("healthy", "mapping-varies"),
    hidden_by=("NS-ENV-01", "NS-ENV-02", "NS-ENV-06", "NS-UDP-01"),
    fixes=(
        Fix(
            do="Use programs that read XOR-MAPPED-ADDRESS (RFC 8489): every current mesh program does.",
            who="you",
            effort="E1",
            duration="2 min",
            verify="natscope netcheck",
        ),
        Fix(
            do="Turn off the SIP or STUN ALG in the router.",
            who="administrator",
            effort="E3",
            duration="5 min",
            undo="turn it on",
            verify="natscope netcheck",
        ),
    ),
)

FAMILY: Family = 4
MISSING = "an answer with MAPPED-ADDRESS (a helper or a server of RFC 5780)"


def evidence(facts: Facts) -> Support:
    """Two forms of one address that differ."""
    part = facts.nat(FAMILY)
    if part.stun_alg is Tri.UNKNOWN:
        return unknown(MISSING)
    if part.stun_alg is Tri.NO:
        return NOTHING
    edited = tuple(o for o in facts.seen("nat.port") + facts.seen("stun.binding") if _is_edited(o))
    first = edited[0].data if edited else {}
    told = first.get("mapped_address")
    detail = f"The relay's answer said {told}, and scrambled {first.get('mapped')}." if told else ""
    cited = tuple(o.id for o in edited[:6]) or ordered(part.evidence)
    return Support(Tri.YES, (Ground(Strength.DECISIVE, "the two forms of our address differ", cited),), detail=detail)


def against(facts: Facts) -> Support:
    """Two forms that are the same."""
    part = facts.nat(FAMILY)
    if part.stun_alg is Tri.UNKNOWN:
        return unknown(MISSING)
    if part.stun_alg is Tri.YES:
        return NOTHING
    both = tuple(o.id for o in facts.seen("nat.port") if "mapped_address" in o.data)[:3]
    return Support(Tri.YES, (Ground(Strength.DECISIVE, "both forms are the same", both),))


def _is_edited(observation: Observation) -> bool:
    data = observation.data
    told = data.get("mapped_address")
    return data.get("payload_rewritten") is True or (told is not None and told != data.get("mapped"))
