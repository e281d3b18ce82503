"""The interface that packets leave by leads nowhere, while another one does.

What it is
    A computer with several uplinks sends by the route with the smallest metric. If that one leads nowhere (a dock or
    virtual machine's bridge, a network without internet, an address of 169.254.0.0/16), a mesh VPN sends and is found
    there, although another uplink works.

What we look for
    - no answer over UDP by the interface that the system chose, while relays answered a socket that was bound to
      another one: the control goes to the same relays in the same run;
    - a source address of 169.254.0.0/16 towards relays.

What would contradict it
    - an answer over UDP by the interface that the system chose.

What to do
    - Give the working uplink the smaller metric, or switch the other one off.

How to verify
    `ip route get 192.0.2.1` names the working interface; `natscope netcheck` shows round trips.

Sources
    ip-route(8); RFC 3927 section 2.6 (link-local addresses reach this link alone); iroh issue 3979.
"""

from __future__ import annotations

import ipaddress

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.facts import ANSWERS, Facts
from natscope.diagnosis.hijacks import NETCHECK, visible
from natscope.model.finding import Fix, Severity
from natscope.model.observation import Outcome
from natscope.model.report_surroundings import UplinkReport, WayReport
from natscope.model.tri import Tri

CAUSE = Cause(
    id="NS-ENV-07",
    title="Packets leave by an interface that leads nowhere, while another one works.",
    severity=Severity.FAIL,
    sides=1,
    who_can_fix=("you", "administrator"),
    fires=("wrong-interface",),
    silent=("healthy", "udp-blocked", "two-uplinks"),
    hides=("how the working network's router translates (NAT type)",),
    hidden_by=("NS-ENV-01", "NS-ENV-02"),
    fixes=(
        Fix(
            do="Give the working uplink the smaller metric, or switch the other one off.",
            who="you",
            effort="E1",
            duration="5 min",
            undo="set the old metric",
            verify=NETCHECK,
        ),
    ),
)


def evidence(facts: Facts) -> Support:
    """Silence on the chosen way, beside answers on another one; or a source that reaches this link alone."""
    surroundings = facts.report.surroundings
    if not surroundings.ways:
        return unknown("the way to relays (route_hijack)")
    untold = ""
    for way in surroundings.ways:
        silent = not way.failure and _is_silent(facts, way)
        other = _working(facts, way)
        if silent and other is not None:
            return _support(way, other, linked=_is_link_local(way.source))
        if silent and _is_link_local(way.source):
            ground = Ground(Strength.FACT, f"the source address {way.source} reaches this link alone", way.evidence)
            return Support(Tri.YES, (ground,), detail=f"The source address towards relays is {way.source}.")
        untold = untold or _untold(facts, way, silent=silent)
    return unknown(untold) if untold else NOTHING


def against(facts: Facts) -> Support:
    """UDP gets through by the chosen way."""
    answered = [w for w in facts.report.surroundings.ways if facts.endpoints(4 if w.family == 4 else 6)]
    if answered and facts.udp:
        return Support(Tri.YES, (Ground(Strength.DECISIVE, "UDP gets through", facts.udp.evidence),))
    return NOTHING


def _is_silent(facts: Facts, way: WayReport) -> bool:
    """Relays were asked over UDP by the chosen interface, and none answered."""
    asked = [o for o in facts.seen("stun.binding") if o.family == way.family]
    unanswered = any(o.outcome in (Outcome.NO_ANSWER, Outcome.ICMP_ERROR) for o in asked)
    return unanswered and not facts.udp and not any(o.outcome in ANSWERS for o in asked)


def _untold(facts: Facts, way: WayReport, *, silent: bool) -> str:
    """What would tell whether another interface works better than this way; empty where that is known."""
    if way.failure:
        return ""
    if not any(o.family == way.family for o in facts.seen("stun.binding")):
        return "requests over UDP by the way that this system takes"
    uplinks = (u for u in facts.report.surroundings.uplinks if u.family == way.family)
    return "an answer by another interface" if silent and any(u.answers is Tri.UNKNOWN for u in uplinks) else ""


def _working(facts: Facts, way: WayReport) -> UplinkReport | None:
    uplinks = facts.report.surroundings.uplinks
    return next((u for u in uplinks if u.family == way.family and u.answers is Tri.YES), None)


def _support(way: WayReport, other: UplinkReport, *, linked: bool) -> Support:
    used, working = visible(way.interface), visible(other.interface)
    grounds = [
        Ground(Strength.DECISIVE, f"relays answer by {working} and not by {used}", (*way.evidence, *other.evidence))
    ]
    if linked:
        grounds.append(Ground(Strength.FACT, f"the source address {way.source} reaches this link alone", way.evidence))
    return Support(
        Tri.YES, tuple(grounds), detail=f"The system sends by {used}, where nothing answers; {working} works."
    )


def _is_link_local(text: str) -> bool:
    try:
        ip = ipaddress.ip_address(text)
    except ValueError:
        return False
    return ip.version == 4 and ip.is_link_local
