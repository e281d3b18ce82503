"""After a call to your own public address nothing was answered any more: a firewall may take it for an attack.

What it is
    Some firewalls read a packet from an address to itself (a LAND attack), or very many new connections (a port scan),
    as an attack, and shut out the computer that sent it for some minutes. Then everything over UDP gets lost, also
    what worked before. natscope sends such a packet only where it was asked to (--hairpin, --full), and last.

What we look for
    - sockets that were answered by a relay, then called your own public address, and from then on got no answer from
      that same relay in six tries. Loss of the line may look the same, so it is only possible.

What would contradict it
    - one answer after the call.

What to do
    - Wait some minutes, then measure again without `--hairpin` and `--full`.
    - Put this computer on the firewall's list of exceptions, or switch off its protection against LAND attacks.

How to verify
    `natscope netcheck` is answered again after some minutes.

Sources
    Upstream left its own hairpin test out for this reason (tailscale/tailscale pull request 12205); RFC 4787 REQ-9.
"""

from __future__ import annotations

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.facts import Facts, cite
from natscope.model.finding import Fix, Severity
from natscope.model.observation import Observation
from natscope.model.tri import Tri

CAUSE = Cause(
    id="NS-UDP-08",
    title="Since the call to your own public address nothing is answered: a firewall may take it for an attack.",
    severity=Severity.WARN,
    sides=1,
    who_can_fix=("you", "administrator"),
    fires=("taken-for-attack",),
    silent=("healthy", "no-hairpin"),
    hidden_by=("NS-ENV-01", "NS-ENV-02", "NS-ENV-06", "NS-UDP-01"),
    fixes=(
        Fix(
            do="Wait some minutes, then measure again without --hairpin and --full.",
            who="you",
            effort="E1",
            duration="5 min",
            verify="natscope netcheck",
        ),
        Fix(
            do="Put this computer on the firewall's list of exceptions from attack detection (LAND, port scan).",
            who="administrator",
            effort="E4",
            duration="15 min",
            undo="take it off the list",
            verify="natscope netcheck --hairpin",
        ),
    ),
)
ENOUGH = 6
"""Requests beside the calls; even where a tenth gets lost each way, six in a row are lost once in 20,000 times."""


def evidence(facts: Facts) -> Support:
    """Requests after a call that all got lost, though their sockets had been answered just before."""
    tried = facts.seen("path.own-address") + facts.seen("nat.hairpin")
    if not tried:
        return unknown("a call to your own public address (--hairpin)")
    silent = tuple(o for o in tried if _after(o)[0] >= ENOUGH and _after(o)[1] == 0)
    if not silent:
        return NOTHING
    words = f"{_after(silent[0])[0]} requests after the call got no answer, those before it did"
    return Support(Tri.YES, (Ground(Strength.FACT, words, cite(silent)),), detail=f"{words}.")


def against(facts: Facts) -> Support:
    """Nothing beyond what `evidence` looks at: the call comes last, nobody asks after it."""
    return NOTHING


def _after(observation: Observation) -> tuple[int, int]:
    """How many requests to the relay followed a call, and how many of them were answered."""
    names = ("after", "after_answered") if observation.kind == "path.own-address" else ("controls", "controls_answered")
    return _count(observation, names[0]), _count(observation, names[1])


def _count(observation: Observation, name: str) -> int:
    value = observation.data.get(name)
    return value if isinstance(value, int) else 0
