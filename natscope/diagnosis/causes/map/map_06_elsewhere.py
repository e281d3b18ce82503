"""The router's port mapping answers come from another address, or late, and programs miss them.

What it is
    Two routers that share one gateway address (VRRP, CARP, a floating gateway) may answer from their own addresses;
    some routers need more than a quarter of a second. Programs that take answers from the gateway's address only, or
    wait no longer than upstream's 250 ms, believe that there is no port mapping.

What we look for
    - the address that an answer came from, and how long it took after the request that it answers: what was lost and
      sent again makes no router late.

What would contradict it
    - answers from the gateway's own address within 250 ms.

What to do
    - Let the active router answer from the shared address: bind its port mapping service to it, or forward UDP port
      5351 to it.
    - Where answers are late: newer firmware, or forward the VPN's UDP port by hand.

How to verify
    `natscope netcheck --json` shows `portmap.service` observations without `elsewhere`, and a short `rtt_ms`.

Sources
    RFC 6886 section 3.1 (answers come from the gateway's address); upstream: net/portmapper (250 ms).
"""

from __future__ import annotations

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.causes.map.mapping_words import MISSING, name_of
from natscope.diagnosis.facts import Facts
from natscope.diagnosis.words import enumerated
from natscope.model.finding import Fix, Severity
from natscope.model.observation import Observation, Outcome
from natscope.model.tri import Tri

LATE_MS = 250.0
"""Upstream waits no longer."""
CAUSE = Cause(
    id="NS-MAP-06",
    title="The router answers requests for a port from another address than the gateway's, which many programs ignore.",
    severity=Severity.INFO,
    sides=1,
    who_can_fix=("administrator",),
    fires=("mapping-elsewhere", "mapping-late"),
    silent=("healthy", "mapping-proved", "mapping-refused"),
    fixes=(
        Fix(
            do="Bind the router's port mapping service to the shared gateway address, or forward UDP port 5351 to it.",
            who="administrator",
            effort="E3",
            duration="15 min",
            undo="undo the binding",
            verify="natscope netcheck",
        ),
        Fix(
            do="Forward the VPN's UDP port to this computer by hand.",
            who="administrator",
            effort="E3",
            duration="10 min",
            undo="take the entry out",
            verify="natscope netcheck",
        ),
    ),
)
LATE_TITLE = "The router answers requests for a port so late that many programs do not wait for it."


def evidence(facts: Facts) -> Support:
    """Answers from elsewhere, or late."""
    answers = facts.seen("portmap.service", Outcome.ANSWERED)
    elsewhere = tuple(o for o in answers if o.data.get("elsewhere"))
    late = tuple(o for o in answers if o.rtt_ms is not None and o.rtt_ms > LATE_MS)
    if not elsewhere and not late:
        return NOTHING if answers else unknown(MISSING)
    grounds = [Ground(Strength.DECISIVE, _from(elsewhere), tuple(o.id for o in elsewhere))] if elsewhere else []
    grounds += [Ground(Strength.DECISIVE, _late(late), tuple(o.id for o in late))] if late else []
    detail = " ".join(f"{ground.says[0].upper()}{ground.says[1:]}." for ground in grounds)
    return Support(Tri.YES, tuple(grounds), title="" if elsewhere else LATE_TITLE, detail=detail)


def against(facts: Facts) -> Support:
    """Answers from the gateway, in time."""
    answers = facts.seen("portmap.service", Outcome.ANSWERED)
    if not answers:
        return unknown(MISSING)
    fit = tuple(o for o in answers if not o.data.get("elsewhere") and (o.rtt_ms or 0.0) <= LATE_MS)
    if len(fit) < len(answers):
        return NOTHING
    return Support(Tri.YES, (Ground(Strength.FACT, "answers of the gateway itself, in time", (fit[0].id,)),))


def _from(answers: tuple[Observation, ...]) -> str:
    told = [f"{name_of(o)} was answered by {o.data['elsewhere']}, not by {o.target}" for o in answers]
    return enumerated(told)


def _late(answers: tuple[Observation, ...]) -> str:
    return enumerated([f"{name_of(o)} took {(o.rtt_ms or 0.0) / 1000:.1f} s" for o in answers])
