"""The UDP port that natscope was told to use is taken.

What it is
    Two programs cannot have one UDP port of one address. The mesh VPN's own program usually runs, and has its port
    (41641, or 51820 for WireGuard); a second one with the same port does not start, or gets another port than the one
    that the router forwards. natscope sees it where it is told a port (--source-port).

What we look for
    - this system's refusal to give the port, in its own words.

What would contradict it
    - the port was given.

What to do
    - Let natscope take any port (leave `--source-port` out): what a router does with one it does with another.
    - Or stop the program that has the port for the time of the measurement (Linux: `ss -lunp`).
    - If it is the VPN that does not get its port: end the second copy of it, or give it another port.

How to verify
    `natscope netcheck --source-port PORT` measures.

Sources
    bind(2), EADDRINUSE.
"""

from __future__ import annotations

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.facts import Facts, cite
from natscope.model.finding import Fix, Severity
from natscope.model.observation import Outcome
from natscope.model.tri import Tri

CAUSE = Cause(
    id="NS-HOST-04",
    title="The UDP port that natscope was told to use is taken: another program on this computer has it.",
    severity=Severity.WARN,
    sides=1,
    who_can_fix=("you",),
    fires=("port-taken",),
    silent=("healthy", "own-rules", "no-network"),
    fixes=(
        Fix(
            do="Leave --source-port out, or stop the program that has the port (on Linux, ss -lunp names it).",
            who="you",
            effort="E1",
            duration="2 min",
            undo="start the program again",
            verify="natscope netcheck",
        ),
    ),
)
TAKEN = "address-in-use"


def evidence(facts: Facts) -> Support:
    """The system's refusal."""
    sockets = facts.seen("udp.socket")
    if not sockets:
        return unknown("a UDP socket")
    refused = tuple(o for o in sockets if o.outcome is Outcome.LOCAL_ERROR and o.error == TAKEN)
    if not refused:
        return NOTHING
    return Support(Tri.YES, (Ground(Strength.DECISIVE, "the system refused the port", cite(refused)),))


def against(facts: Facts) -> Support:
    """Nothing: a refusal is one."""
    return NOTHING
