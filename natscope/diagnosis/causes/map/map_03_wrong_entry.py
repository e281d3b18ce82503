"""The router's table has another entry than it was asked for.

What it is
    The router confirmed a port by UPnP, but its own table says that the port leads to another computer or another
    port, or that it is switched off. That is a fault of the router, or an old entry in the way.

What we look for
    - the entry as the router reads it back, beside what it was asked for.

What would contradict it
    - an entry that is right, or a packet that comes in.

What to do
    - Remove the entry in the router's list of port forwardings, then let the program ask again.
    - Restart the router; look for newer firmware.
    - Forward the port by hand.

How to verify
    `natscope netcheck` shows "Opens ports" with "proved from outside".

Sources
    UPnP WANIPConnection:1 section 2.4.14 (GetSpecificPortMappingEntry).
"""

from __future__ import annotations

import ipaddress

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.causes.map.mapping_words import name_of, with_proof
from natscope.diagnosis.facts import Facts
from natscope.model.finding import Fix, Severity
from natscope.model.observation import Observation, Outcome
from natscope.model.tri import Tri

CAUSE = Cause(
    id="NS-MAP-03",
    title="The router confirmed an open port, but its own table says something else.",
    severity=Severity.WARN,
    sides=1,
    who_can_fix=("you",),
    fires=("mapping-wrong-entry",),
    silent=("healthy", "mapping-proved", "mapping-refused"),
    hidden_by=("NS-ENV-06",),
    fixes=(
        Fix(
            do="Remove the old entry in the router's list of open ports, then let the program ask again.",
            who="you",
            effort="E1",
            duration="5 min",
            verify="natscope netcheck",
        ),
        Fix(
            do="Restart the router, and look for newer firmware.",
            who="you",
            effort="E3",
            duration="15 min",
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
MISSING = "an entry that the router reads back"
ELSEWHERE = "The router says that it opened a port, but its table sends it to another computer."


def _leads_elsewhere(difference: str) -> bool:
    """Whether it says `it leads to ADDRESS instead of ADDRESS`: not to another port, nor to nobody."""
    target = difference.removeprefix("it leads to ").partition(" ")[0]
    return target != difference.partition(" ")[0] and _is_address(target)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _read_back(facts: Facts) -> tuple[Observation, ...]:
    return tuple(o for o in facts.seen("portmap.map", Outcome.ANSWERED) if o.data.get("read_back"))


def evidence(facts: Facts) -> Support:
    """Entries that differ."""
    read = _read_back(facts)
    wrong = tuple(o for o in read if o.data.get("differences"))
    if not wrong:
        return NOTHING if read else unknown(MISSING)
    said = "; ".join(str(word) for o in wrong for word in o.data["differences"])
    ground = Ground(Strength.DECISIVE, "the entry was read back", tuple(o.id for o in wrong))
    explained = {name for name, _ in with_proof(facts, "unreachable")} <= {name_of(o) for o in wrong}
    refines = ("NS-MAP-02",) if explained else ()
    title = ELSEWHERE if any(_leads_elsewhere(str(word)) for o in wrong for word in o.data["differences"]) else ""
    return Support(Tri.YES, (ground,), title=title, detail=f"The router's table: {said}.", refines=refines)


def against(facts: Facts) -> Support:
    """An entry that is right."""
    right = tuple(o for o in _read_back(facts) if not o.data.get("differences"))
    if right:
        return Support(Tri.YES, (Ground(Strength.FACT, "an entry that is right", (right[0].id,)),))
    return NOTHING if _read_back(facts) else unknown(MISSING)
