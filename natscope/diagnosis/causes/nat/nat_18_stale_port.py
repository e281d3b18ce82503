"""Packets back to one local port get lost, while those to a fresh port arrive.

What it is
    After a line was connected again, some providers' and routers' tables still hold the flow of the old line, and drop
    answers to the same port for as long as packets keep it alive: the VPN that keeps its port is cut off, and its own
    keep-alives keep it so. Three minutes of silence, or another port, end it. A rule of this computer for that one port
    looks the same.

What we look for
    - requests from the port of this run to relays, never answered;
    - requests to the same relays from a fresh port, sent in the same moments, that are answered.

What would contradict it
    - an answer to the old port in those moments: then there was an outage that has ended.

What to do
    - Give the VPN another UDP port, or let it choose one (port 0); or stop it for three minutes.
    - Look for a rule of this computer about that port (NS-HOST-01).

How to verify
    `natscope netcheck --source-port PORT` is answered.

Sources
    Tailscale issue 18328; RFC 4787 section 4.3 (outbound packets refresh).
"""

from __future__ import annotations

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.facts import Facts, cite
from natscope.model.finding import Fix, Severity
from natscope.model.observation import Observation, Outcome
from natscope.model.tri import Tri

CAUSE = Cause(
    id="NS-NAT-18",
    title="Answers to one local port get lost, those to a fresh port arrive: something remembers an old flow.",
    severity=Severity.FAIL,
    sides=1,
    who_can_fix=("you",),
    fires=("stale-port",),
    silent=("healthy", "udp-blocked", "no-relay-answered"),
    hides=("how your router translates (NAT type)", "round trips over UDP"),
    hidden_by=("NS-ENV-01", "NS-ENV-02", "NS-ENV-06"),
    fixes=(
        Fix(
            do="Give the VPN another UDP port, or stop it for three minutes.",
            who="you",
            effort="E1",
            duration="3 min",
            undo="set the old port again, some minutes later",
            verify="natscope netcheck",
        ),
    ),
)
KIND = "udp.fresh-port"
ENOUGH = 3
"""Requests from the old port in the same moments, after all that were sent before them got lost as well."""


def evidence(facts: Facts) -> Support:
    """Answers to the fresh port beside silence of the old one."""
    tried = facts.seen(KIND)
    if not tried:
        return unknown("a request from another local port, where relays are silent")
    fresh = tuple(o for o in tried if o.outcome is Outcome.ANSWERED)
    if not fresh or sum(_count(o, "old_tries") for o in tried) < ENOUGH:
        return NOTHING
    old = facts.seen("stun.binding", Outcome.NO_ANSWER)
    return Support(
        Tri.YES,
        (
            Ground(Strength.FACT, "a fresh port is answered", cite(fresh)),
            Ground(Strength.FACT, "the port of this run is not, in the same moments", cite(old)),
        ),
        detail=f"{fresh[0].summary}.",
    )


def against(facts: Facts) -> Support:
    """An answer to the old port."""
    came = facts.seen("stun.binding", Outcome.ANSWERED)
    tried = tuple(o for o in facts.seen(KIND) if _count(o, "old_answered"))
    same = tuple(o for o in came if o.family in {t.family for t in facts.seen(KIND)}) or tried
    return Support(Tri.YES, (Ground(Strength.DECISIVE, "the old port was answered", cite(same)),)) if same else NOTHING


def _count(observation: Observation, name: str) -> int:
    value = observation.data.get(name)
    return value if isinstance(value, int) else 0
