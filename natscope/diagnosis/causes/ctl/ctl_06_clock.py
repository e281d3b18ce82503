"""A clock is wrong.

What it is
    Certificates and keys are valid from one moment to another. A computer whose clock is days off refuses sound
    certificates, and is refused; logs and histories do not fit together. A relay whose clock is off issues and judges
    wrongly in the same way.

What we look for
    - the Date header of answers that proved to be a relay's own, against this computer's clock: several relays that
      agree with each other, and not with us, are right;
    - one relay that disagrees while others agree with us: its clock is wrong.

What would contradict it
    - a single relay that tells another time: that can be either clock.

What to do
    - Turn the synchronisation of time on (`timedatectl set-ntp true`), or set the clock by hand.
    - On the relay the same.

How to verify
    `natscope netcheck` no longer says so.

Sources
    RFC 9110 section 6.6.1 (Date), RFC 5280 section 4.1.2.5 (validity), RFC 5905 (NTP).
"""

from __future__ import annotations

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.facts import Facts, ordered
from natscope.diagnosis.words import enumerated
from natscope.model.finding import Fix, Severity
from natscope.model.tri import Tri

SYNC = Fix(
    do="Turn the synchronisation of time on (Linux: `timedatectl set-ntp true`), or set the clock by hand.",
    who="you",
    effort="E1",
    duration="2 min",
    verify="natscope netcheck",
)
THEIRS = Fix(
    do="On the relay: turn the synchronisation of time on.",
    who="relay's admin",
    effort="E2",
    duration="5 min",
    verify="natscope netcheck --https",
)
CAUSE = Cause(
    id="NS-CTL-06",
    title="This computer's clock is wrong.",
    severity=Severity.WARN,
    sides=1,
    who_can_fix=("you", "relay's admin"),
    fires=("clock-wrong",),
    silent=("healthy", "wrong-certificate"),
    hidden_by=("NS-ENV-06",),
    fixes=(SYNC,),
)
DAY_S = 86_400.0
_STEPS = ((86_400.0 * 365.25, "year"), (86_400.0, "day"), (3600.0, "hour"), (60.0, "minute"))


def evidence(facts: Facts) -> Support:
    """Several relays as witnesses; a day is enough for certificates to fail."""
    web = facts.report.web
    if web is None or (web.clock is Tri.UNKNOWN and not web.wrong_clocks):
        return unknown("the time of two relays")
    cited = ordered(web.evidence.get("clock", ()))
    if web.clock is Tri.NO and web.clock_off_s is not None:
        how = "behind" if web.clock_off_s > 0 else "ahead of"
        serious = abs(web.clock_off_s) >= DAY_S
        return Support(
            Tri.YES,
            (Ground(Strength.DECISIVE, "several relays agree on another time", cited),),
            detail=f"It is {amount(abs(web.clock_off_s))} {how} the time that several relays tell.",
            severity=Severity.FAIL if serious else None,
            hides=("relays' certificates",) if serious else None,
        )
    if not web.wrong_clocks:
        return NOTHING
    return Support(
        Tri.YES,
        (Ground(Strength.DECISIVE, "the other relays agree with this computer", cited),),
        title=f"The clock of relay {enumerated(web.wrong_clocks)} is wrong.",
        severity=Severity.INFO,
        fixes=(THEIRS,),
    )


def against(facts: Facts) -> Support:
    """A clock that agrees with the relays is looked for where the report is made."""
    return NOTHING


def amount(seconds: float) -> str:
    """`3 days`, `29 years`: rounded, in the largest unit that fits."""
    for size, noun in _STEPS:
        if seconds >= size:
            number = round(seconds / size)
            return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
    return f"{round(seconds)} seconds"
