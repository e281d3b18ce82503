"""The router lost its table of open ports while we looked.

What it is
    PCP and NAT-PMP answers carry a clock of the router's table. It fell back: the router was restarted, or its port
    mapping service was, and every port that was open is closed until a program asks again. Programs that do not watch
    that clock wait for half of their lease, often an hour, and are relayed so long.

What we look for
    - a clock in an answer that is behind what an earlier answer of the same run makes expect.

What would contradict it
    - clocks that fit together.

What to do
    - Restart the VPN, so that it asks for its port again.
    - Use a client that watches the router's clock.

How to verify
    Run `natscope netcheck` again: the router's answers fit together.

Sources
    RFC 6886 section 3.6, RFC 6887 section 8.5.
"""

from __future__ import annotations

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.causes.map.mapping_words import name_of
from natscope.diagnosis.facts import Facts
from natscope.diagnosis.words import enumerated
from natscope.model.finding import Fix, Severity
from natscope.model.observation import Observation, Outcome
from natscope.model.tri import Tri

CAUSE = Cause(
    id="NS-MAP-05",
    title="Your router was restarted during this run, and what it had open before is gone.",
    severity=Severity.WARN,
    sides=1,
    who_can_fix=("you",),
    fires=("mapping-lost",),
    silent=("healthy", "mapping-proved", "mapping-refused"),
    fixes=(
        Fix(
            do="Restart the VPN, so that it asks the router for its port again.",
            who="you",
            effort="E1",
            duration="1 min",
            verify="natscope netcheck",
        ),
    ),
)
MISSING = "two answers of the router that carry its clock"


def _answers(facts: Facts) -> tuple[Observation, ...]:
    seen = facts.seen("portmap.service", Outcome.ANSWERED) + facts.seen("portmap.map", Outcome.ANSWERED)
    return tuple(o for o in seen if o.data.get("epoch_s") is not None)


def evidence(facts: Facts) -> Support:
    """A clock that fell back."""
    answers = _answers(facts)
    lost = tuple(o for o in answers if o.data.get("restarted"))
    if not lost:
        return NOTHING if answers else unknown(MISSING)
    names = enumerated(list(dict.fromkeys(name_of(o) for o in lost)))
    words = f"the clock in the router's {names} answers fell back"
    return Support(Tri.YES, (Ground(Strength.DECISIVE, words, tuple(o.id for o in lost)),))


def against(facts: Facts) -> Support:
    """Clocks that fit."""
    answers = _answers(facts)
    if any(o.data.get("restarted") for o in answers):
        return NOTHING
    if not answers:
        return unknown(MISSING)
    return Support(Tri.YES, (Ground(Strength.FACT, "the router's clock went on", (answers[0].id,)),))
