"""A security suite or firewall app runs on this computer, and UDP does not get through.

What it is
    Security suites look at packets in drivers of their own, beside the system's packet filter. Some let a program out
    only after it was allowed, some drop what they do not know. Their rules stand in no table that natscope could read;
    what shows is that such a program runs, and that UDP is refused or silent here.

What we look for
    - a process or kernel module of a known suite;
    - UDP that this computer refuses to send, or that nobody answers while relays answer over TCP.
    A program that runs need not be the one that drops: this is never more than possible.

What would contradict it
    - an answer over UDP;
    - a router on the way that refuses UDP in its own words, or a rule of this computer's packet filter that drops it.

What to do
    - Exempt natscope and the mesh VPN's program in the suite.
    - Switch the suite's network protection off for one run: if UDP works then, it was that.
    - Where somebody manages the suite for you, ask them for the exemption.

How to verify
    `natscope netcheck` shows round trips over UDP.

Sources
    netfilter's libnetfilter_queue (how firewall apps on Linux decide per program); Windows Filtering Platform and
    Apple's NetworkExtension (content filters), where suites hang in on other systems.
"""

from __future__ import annotations

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.facts import Facts, cite
from natscope.diagnosis.hijacks import NETCHECK
from natscope.diagnosis.suites import MISSING, seen_suites
from natscope.diagnosis.words import enumerated
from natscope.model.finding import Fix, Severity
from natscope.model.tri import Tri

CAUSE = Cause(
    id="NS-HOST-05",
    title="A security suite on this computer may be what stops UDP.",
    severity=Severity.INFO,
    sides=1,
    who_can_fix=("you", "administrator"),
    fires=("suite-refuses", "suite-silent"),
    silent=("healthy", "own-rules", "udp-blocked", "suite-idle", "udp-refused"),
    hidden_by=("NS-ENV-01", "NS-ENV-02", "NS-ENV-06", "NS-ENV-07", "NS-HOST-01"),
    fixes=(
        Fix(
            do="Exempt natscope and your mesh VPN's program in the suite, or switch it off for one run.",
            who="you",
            effort="E1",
            duration="5 min",
            undo="switch it on again, take the exemption out",
            verify=NETCHECK,
        ),
        Fix(
            do="Ask whoever manages the suite to exempt the mesh VPN's program.",
            who="administrator",
            effort="E4",
            duration="days",
            verify=NETCHECK,
        ),
    ),
)
_DROPS = ("drop", "reject")


def evidence(facts: Facts) -> Support:
    """One fact, that UDP does not work here, and a fingerprint: possible, however many suites there are."""
    suites = seen_suites(facts)
    if suites is None:
        return unknown(MISSING)
    if not suites:
        return NOTHING
    refused = facts.own_rules
    if not refused and facts.udp.holds is not Tri.NO:
        return unknown(facts.udp.missing) if facts.udp.holds is Tri.UNKNOWN else NOTHING
    grounds = [Ground(Strength.FINGERPRINT, f"{name}: {sign}", (told,)) for name, (sign, told) in suites.items()]
    if refused:
        grounds.append(Ground(Strength.FACT, "this computer refuses to send over UDP", refused.evidence))
    else:
        grounds.append(Ground(Strength.FACT, "nothing comes back over UDP, and relays are up", facts.udp.evidence))
    names = list(suites)
    runs = "runs" if len(names) == 1 else "run"
    what = "this computer refuses to send over UDP" if refused else "nothing comes back over UDP"
    return Support(
        Tri.YES,
        tuple(grounds),
        title=f"{enumerated(names)} {runs} on this computer and may be what stops UDP.",
        detail=f"Seen by {enumerated([sign for sign, _ in suites.values()])}, while {what}.",
    )


def against(facts: Facts) -> Support:
    """UDP that works; somebody else who says that he drops it."""
    if facts.udp:
        return Support(Tri.YES, (Ground(Strength.DECISIVE, "UDP gets through", facts.udp.evidence),))
    if facts.refused_on_the_way:
        ground = Ground(Strength.DECISIVE, "a router on the way refuses", cite(facts.refused_on_the_way))
        return Support(Tri.YES, (ground,))
    firewall = facts.report.surroundings.firewall
    if firewall.readable is Tri.YES and firewall.answers in _DROPS:
        return Support(Tri.YES, (Ground(Strength.DECISIVE, "a rule here drops answers", firewall.evidence),))
    return NOTHING if facts.own_rules or facts.udp.holds is Tri.NO else unknown(facts.udp.missing)
