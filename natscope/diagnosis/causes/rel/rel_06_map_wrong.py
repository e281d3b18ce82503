"""The relay map has errors.

What it is
    The map names the relays and how to reach them. Parts of it cannot be used as they stand (a URL where a host
    name belongs, a region without a number, a port out of range) or are not what was probably meant. What could
    not be read was left out; clients may treat it otherwise, and every client that has this map has the
    trouble. Some of what can be read takes something away from every client: text that is no address switches
    a node's family off, and a pin that no certificate can have shuts the relay.

What we look for
    - fields of the map with a value that upstream's definition does not allow, each with its place in the file.

What would contradict it
    - nothing: the map is read as it stands.

What to do
    - Correct the places that `natscope derp map lint FILE` names; it says what to write instead.

How to verify
    `natscope derp map lint FILE` finds nothing any more.

Sources
    Upstream tailcfg/derpmap.go (every field and its meaning).
"""

from __future__ import annotations

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support
from natscope.diagnosis.facts import Facts
from natscope.diagnosis.words import as_sentence, counted
from natscope.model.finding import Fix, Severity
from natscope.model.relay_map import MapProblem
from natscope.model.tri import Tri

CAUSE = Cause(
    id="NS-REL-06",
    title="The relay map has errors.",
    severity=Severity.WARN,
    sides=1,
    who_can_fix=("relay's admin", "you"),
    fires=("map-problems",),
    silent=("healthy",),
    fixes=(
        Fix(
            do="Correct the map; `natscope derp map lint FILE` says what to write instead.",
            who="relay's admin",
            effort="E2",
            duration="5 min",
            undo="put the old map back",
            verify="natscope derp map lint FILE",
        ),
    ),
)

MAX_TOLD = 2
TAKES_AWAY = ("bad-address", "cert-pin")
"""Codes of warnings that leave clients without something: a family of a node, or the relay itself."""


def evidence(facts: Facts) -> Support:
    """What the reader of the map complained about. The map itself is the evidence: there is no observation to cite."""
    problems = facts.map_problems
    if not problems:
        return NOTHING
    errors = sum(problem.severity == "error" for problem in problems)
    losses = sum(problem.severity != "error" and problem.code in TAKES_AWAY for problem in problems)
    rest = len(problems) - MAX_TOLD
    more = [f"And {counted(rest, 'other')}."] if rest > 0 else []
    return Support(
        Tri.YES,
        (Ground(Strength.DECISIVE, "the map, read as it stands"),),
        title=_title(errors, losses, len(problems)),
        detail=" ".join([_told(problem) for problem in sorted(problems, key=_weight)[:MAX_TOLD]] + more),
        severity=None if errors or losses else Severity.INFO,
    )


def _title(errors: int, losses: int, problems: int) -> str:
    if errors:
        return f"The relay map has {counted(errors, 'error')}; those parts were left out."
    if losses:
        return f"The relay map can be used, but takes something away from clients in {counted(losses, 'place')}."
    return f"The relay map can be used, but is unwise in {counted(problems, 'place')}."


def _weight(problem: MapProblem) -> int:
    """What is told first; the order of the map stays among equals."""
    return 0 if problem.severity == "error" else 1 if problem.code in TAKES_AWAY else 2


def _told(problem: MapProblem) -> str:
    """Place, what is wrong, and what to write instead."""
    where = problem.place if not problem.line else f"{problem.place} (line {problem.line})"
    told = as_sentence(f"{where}: {problem.message}")
    return f"{told} Write: {as_sentence(problem.fix)}" if problem.fix else told


def against(facts: Facts) -> Support:
    """Nothing contradicts a map read as it stands."""
    return NOTHING
