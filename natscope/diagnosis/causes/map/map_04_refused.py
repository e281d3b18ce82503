"""The router refuses to open a port, and says why.

What it is
    A port mapping service is there and says no: it may not (its owner switched it off), it has no port left, it has no
    outside address itself, another entry is in the way, or it opens ports for good only. The words are the router's.

What we look for
    - a refusal with its code: PCP and NAT-PMP have numbered results, UPnP has error codes.

What would contradict it
    - a port that another protocol opens.

What to do
    - Not authorised (PCP and NAT-PMP 2, UPnP 606): permit it in the router, for this computer if there is a list.
    - Out of resources (PCP 8, NAT-PMP 4, UPnP 728): remove old entries, or restart the router.
    - Network failure (NAT-PMP 3, PCP 7): the router has no working outside address itself.
    - Conflict (UPnP 718): another computer has that port; take another one.
    - Permanent leases only (UPnP 725, 402): programs can ask for one; natscope does not, because it would stay open if
      this program were ended by force.
    - Address mismatch (PCP 12): another router stands between this computer and the one that was asked (NS-NAT-08).

How to verify
    `natscope netcheck` shows "Opens ports" with "proved from outside".

Sources
    RFC 6886 section 3.5, RFC 6887 section 7.4, UPnP WANIPConnection:1 section 2.4 and :2 section 2.5.
"""

from __future__ import annotations

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.causes.map.mapping_words import MISSING, are_known, cited, with_proof
from natscope.diagnosis.facts import Facts
from natscope.model.finding import Fix, Severity
from natscope.model.report import MappingServiceReport
from natscope.model.tri import Tri

CAUSE = Cause(
    id="NS-MAP-04",
    title="The router refuses to open a port.",
    severity=Severity.WARN,
    sides=1,
    who_can_fix=("you", "administrator"),
    fires=("mapping-refused", "mapping-permanent"),
    silent=("healthy", "mapping-proved", "mapping-unreachable"),
    hidden_by=("NS-ENV-06",),
    fixes=(
        Fix(
            do="Permit port mapping for this computer in the router (PCP, NAT-PMP, UPnP; often a list of devices).",
            who="you",
            effort="E3",
            duration="5 min",
            undo="take the permission back",
            verify="natscope netcheck",
        ),
        Fix(
            do="Forward one UDP port of the router to this computer by hand.",
            who="you",
            effort="E3",
            duration="10 min",
            undo="take the entry out",
            verify="natscope netcheck",
        ),
    ),
)
CONFLICT, PERMANENT = ("718",), ("725", "402")
_OTHER_PORT = Fix(
    do="Give the VPN another UDP port: another computer has this one.",
    who="you",
    effort="E1",
    duration="2 min",
    undo="set the old port again",
    verify="natscope netcheck",
)
_FOR_GOOD = Fix(
    do="Let the VPN ask for a permanent port (most do by themselves), or forward one by hand.",
    who="you",
    effort="E1",
    duration="2 min",
    undo="remove the entry in the router",
    verify="natscope netcheck",
)


def evidence(facts: Facts) -> Support:
    """Refusals."""
    found = with_proof(facts, "refused")
    if not found:
        return NOTHING if are_known(facts) else unknown(MISSING)
    detail = " ".join(f"{name}: {_said(service)}." for name, service in found)
    codes = [service.error.code for _, service in found if service.error is not None]
    first = [f for f, some in ((_OTHER_PORT, CONFLICT), (_FOR_GOOD, PERMANENT)) if any(c in some for c in codes)]
    return Support(
        Tri.YES,
        (Ground(Strength.DECISIVE, "a refusal in the router's own words", cited(found)),),
        title="The router opens ports for good only, not for a time." if _only_permanent(codes) else "",
        detail=detail,
        severity=Severity.INFO if _only_permanent(codes) else None,
        fixes=(*first, *CAUSE.fixes) if first else None,
    )


def against(facts: Facts) -> Support:
    """A port that another protocol opens: then nobody misses this one."""
    opened = with_proof(facts, "proved")
    if opened:
        return Support(Tri.YES, (Ground(Strength.FACT, f"{opened[0][0]} opens a port", cited(opened)),))
    return NOTHING if with_proof(facts, "refused") else unknown(MISSING)


def _only_permanent(codes: list[str]) -> bool:
    return bool(codes) and all(code in PERMANENT for code in codes)


def _said(service: MappingServiceReport) -> str:
    if service.error is None:
        return service.reason
    return f"{service.error.words} ({service.error.code})" if service.error.code else service.error.words
