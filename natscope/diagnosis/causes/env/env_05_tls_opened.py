"""Somebody opens TLS on the way.

What it is
    Inspecting firewalls and some virus scanners sit in every TLS connection and show certificates of their own, made
    on the spot. Relay clients that check pins or authorities refuse those; the others' traffic is read.

What we look for
    - relays that should have different issuers, and all show one private issuer: a pinned relay beside others, or the
      vendor's relays, which have certificates of public authorities;
    - several relays with certificates of one authority that this computer does not trust. That may also be the relays'
      own authority, and is only possible.

What would contradict it
    - one relay whose pin fits, or whose chain ends in a public authority.

What to do
    - Ask for the relays' names to be exempt from inspection.
    - Where that cannot be, install the inspector's authority for the relay clients only.

How to verify
    `natscope netcheck --https` shows the relays' own issuers.

Sources
    RFC 8446 (TLS); upstream net/tlsdial (`sha256-raw` pins, and how clients report such firewalls).
"""

from __future__ import annotations

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.facts import Facts, ordered
from natscope.diagnosis.missing import PUBLIC_CERTIFICATES
from natscope.model.finding import Fix, Severity
from natscope.model.tri import Tri

CAUSE = Cause(
    id="NS-ENV-05",
    title="Somebody opens TLS on the way to the relays.",
    severity=Severity.FAIL,
    sides=1,
    who_can_fix=("administrator", "you"),
    fires=("tls-opened",),
    silent=("healthy", "wrong-certificate"),
    hides=("relays' certificates",),
    hidden_by=("NS-ENV-06",),
    fixes=(
        Fix(
            do="Install the inspector's authority for the relay clients only.",
            who="you",
            effort="E2",
            duration="10 min",
            undo="remove it",
            verify="natscope netcheck --https",
        ),
        Fix(
            do="Ask for the relays' names to be exempt from TLS inspection.",
            who="administrator",
            effort="E4",
            duration="days",
            verify="natscope netcheck --https",
        ),
    ),
)


def evidence(facts: Facts) -> Support:
    """Issuers that cannot be the relays' own decide; one unknown authority for all is only possible."""
    web = facts.report.web
    if web is None or not web.nodes:
        return unknown("the certificates of the relays (--https)")
    cited = ordered(web.evidence.get("intercepted", ()))
    if web.intercepted is Tri.YES:
        detail = f"Their certificates come from {web.issuer}, which is not who issues them."
        return Support(Tri.YES, (Ground(Strength.DECISIVE, "certificates are swapped", cited),), detail=detail)
    if web.intercepted is Tri.UNKNOWN and web.issuer:
        return Support(
            Tri.YES,
            (Ground(Strength.FACT, "several relays have one unknown issuer", cited),),
            title=f"Certificates of several relays come from {web.issuer}, which this computer does not trust.",
            detail="That is an inspecting firewall, or the relays' own authority.",
            severity=Severity.WARN,
            hides=(),
            missing=(PUBLIC_CERTIFICATES,),
        )
    return NOTHING if web.intercepted is Tri.NO else unknown("a relay with a pin or a public certificate")


def against(facts: Facts) -> Support:
    """A right pin or a public chain is looked for where the report is made."""
    return NOTHING
