"""This computer's own firewall drops what a peer sends first.

What it is
    A packet filter on this computer (nftables, iptables, ufw, firewalld) lets answers in and drops what nobody asked
    for. Two peers that send at the same time still meet: each packet that leaves makes the other's an answer. But a
    peer that cannot be told when to send does not get through, an opened port on the router is of no use, and a filter
    that drops answers as well lets nothing through at all.

What we look for
    - the filter's own rules, walked for an unasked UDP packet to the usual port of a mesh agent (41641), and for an
      answer; the rule that decides, and its counter.

What would contradict it
    - rules that accept such a packet.

What to do
    - Allow the mesh VPN's UDP port: `ufw allow 41641/udp`, `firewall-cmd --add-port=41641/udp`, or
      `nft add rule inet filter input udp dport 41641 accept` in front of the rule that drops.

How to verify
    `natscope netcheck` as root no longer names the rule.

Sources
    nft(8), iptables(8); RFC 4787 section 5 (a firewall's filtering works like a NAT's).
"""

from __future__ import annotations

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.facts import Facts
from natscope.diagnosis.hijacks import NETCHECK
from natscope.diagnosis.words import counted
from natscope.model.finding import Fix, Severity
from natscope.model.report_surroundings import FirewallReport, RuleReport
from natscope.model.tri import Tri

CAUSE = Cause(
    id="NS-HOST-01",
    title="This computer's own firewall drops what a peer sends first.",
    severity=Severity.INFO,
    sides=1,
    who_can_fix=("you", "administrator"),
    fires=("own-firewall",),
    silent=("healthy", "own-rules"),
    fixes=(
        Fix(
            do="Allow your mesh VPN's UDP port (41641) in this computer's firewall.",
            who="you",
            effort="E1",
            duration="2 min",
            undo="take the rule out",
            verify=NETCHECK,
        ),
    ),
)
_DROPS = ("drop", "reject")
MAX_RULE = 120
HIDDEN = ("whether the network lets UDP out", "how your router translates (NAT type)")
"""What cannot be judged while answers are dropped here."""


def evidence(facts: Facts) -> Support:
    """This computer's own rules are decisive."""
    firewall = facts.report.surroundings.firewall
    if firewall.readable is not Tri.YES:
        return unknown("the rules of this computer's firewall (as root)")
    if firewall.answers in _DROPS:
        ground = Ground(Strength.DECISIVE, "a rule drops answers over UDP", firewall.evidence)
        return Support(Tri.YES, (ground,), title="This computer's own firewall drops answers over UDP.",
                       detail=_detail(firewall.answers_rule), severity=Severity.FAIL, hides=HIDDEN)  # fmt: skip
    if firewall.unasked in _DROPS:
        ground = Ground(Strength.DECISIVE, "a rule drops unasked packets to UDP port 41641", firewall.evidence)
        return Support(Tri.YES, (ground,), detail=_detail(firewall.unasked_rule))
    return NOTHING


def against(facts: Facts) -> Support:
    """UDP that gets through contradicts rules that drop answers; rules that accept contradict all of it."""
    firewall: FirewallReport = facts.report.surroundings.firewall
    if firewall.readable is not Tri.YES:
        return unknown("the rules of this computer's firewall (as root)")
    if firewall.answers in _DROPS and facts.udp:
        return Support(Tri.YES, (Ground(Strength.DECISIVE, "answers came in", facts.udp.evidence),))
    return NOTHING if {firewall.answers, firewall.unasked} & set(_DROPS) else Support(Tri.YES)


def _detail(rule: RuleReport | None) -> str:
    if rule is None:
        return ""
    text = rule.rule if len(rule.rule) <= MAX_RULE else f"{rule.rule[: MAX_RULE - 1]}…"
    counter = "" if rule.packets is None else f" Its counter says {counted(rule.packets, 'packet')}."
    return f"{rule.place}: `{text}`.{counter}"
