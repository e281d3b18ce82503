"""Multicast is filtered in this network: only discovery suffers.

What it is
    Printers, screens, boxes for music and many programs find each other by packets to a group (multicast). Access
    points for guests, switches that listen in on group membership without a querier, and firewalls drop such packets. A
    mesh VPN learns its peers' addresses another way, so its connections do not suffer; what looks for neighbours by
    multicast finds none.

What we look for
    - the router answers UPnP searches to its own address, and nobody answers the same searches to the group
      239.255.255.250, sent side by side in three rounds.

What would contradict it
    - one answer to a search that went to the group, whoever sends it;
    - rules of this computer that drop what nobody asked for: answers to the group's searches look like that. Where the
      rules may not be read (without root) they remain a possibility, as does a router that listens to its own address
      only; so this is never more than possible.

What to do
    - Allow multicast between clients in the access point ("multicast filtering", "client isolation", "IGMP snooping").
    - If this computer has a firewall of its own, allow answers to searches there (firewalld: service `ssdp`).

How to verify
    `natscope netcheck -v` no longer names it.

Sources
    UPnP Device Architecture 1.1 section 1.3.2 (searches to the group and to one device); RFC 4541 (snooping).
"""

from __future__ import annotations

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.facts import Facts, cite
from natscope.diagnosis.words import counted
from natscope.model.finding import Fix, Severity
from natscope.model.observation import Observation, Outcome
from natscope.model.tri import Tri

CAUSE = Cause(
    id="NS-LAN-03",
    title="Multicast seems to be filtered in this network: devices do not find each other; mesh VPNs do without.",
    severity=Severity.INFO,
    sides=1,
    who_can_fix=("you", "administrator"),
    fires=("multicast-filtered",),
    silent=("healthy", "mapping-proved", "mapping-elsewhere", "no-port-mapping"),
    hidden_by=("NS-ENV-06",),
    fixes=(
        Fix(
            do="If this computer has a firewall, allow answers to UPnP searches in it (firewalld: service ssdp).",
            who="you",
            effort="E1",
            duration="2 min",
            undo="take the rule out",
            verify="natscope netcheck -v",
        ),
        Fix(
            do="Allow multicast between clients in the access point or switch.",
            who="administrator",
            effort="E3",
            duration="10 min",
            undo="forbid it again",
            verify="natscope netcheck -v",
        ),
    ),
    minor=True,
)
_DROPS = ("drop", "reject")


def evidence(facts: Facts) -> Support:
    """The group's silence, with the gateway's answers beside it as a control."""
    silent = _compared(facts, Outcome.NO_ANSWER)
    if not silent:
        return NOTHING if _compared(facts, Outcome.ANSWERED) else unknown("a router that answers UPnP searches")
    answers = counted(sum(_answers(o) for o in silent), "answer")
    grounds = (
        Ground(Strength.FACT, "the router answers the same searches to its own address", cite(silent)),
        Ground(Strength.ABSENCE, "nobody answers searches to the group", cite(silent)),
    )
    return Support(
        Tri.YES, grounds, detail=f"{answers} came from the router to searches for it alone, none to the others."
    )


def against(facts: Facts) -> Support:
    """An answer to the group; rules here that would have dropped it."""
    passed = facts.seen("portmap.multicast", Outcome.ANSWERED)
    if passed:
        return Support(Tri.YES, (Ground(Strength.DECISIVE, "somebody answered the group", cite(passed)),))
    firewall = facts.report.surroundings.firewall
    if firewall.readable is Tri.YES and firewall.unasked in _DROPS:
        return Support(Tri.YES, (Ground(Strength.FACT, "rules here drop such answers", firewall.evidence),))
    return NOTHING


def _compared(facts: Facts, outcome: Outcome) -> tuple[Observation, ...]:
    """With answers of the gateway where the group is silent: without them silence says nothing."""
    seen = facts.seen("portmap.multicast", outcome)
    return tuple(o for o in seen if outcome is Outcome.ANSWERED or _answers(o) > 0)


def _answers(observation: Observation) -> int:
    told = observation.data.get("gateway_answers")
    return told if isinstance(told, int) else 0
