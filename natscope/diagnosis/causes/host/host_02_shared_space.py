"""A rule of this computer drops 100.64.0.0/10, and something in this network needs it.

What it is
    Mesh VPNs give their nodes addresses of 100.64.0.0/10 and drop packets that claim to come from there by another
    interface (Tailscale's `ts-input`). Carriers and clouds use the same range: then name servers, package mirrors,
    metadata services or the gateway itself seem dead once the mesh VPN runs, although their answers arrive.

What we look for
    - a rule that drops what comes from 100.64.0.0/10 by another interface than the mesh's (nftables, iptables, its
      older form);
    - addresses, gateways, routes or name servers in that range that are not the mesh's;
    - a counter of such a rule that grew while one of them was asked and its answer did not come.

What would contradict it
    - answers from everything in the range that was asked.

What to do
    - Accept established connections, or the provider's single addresses, in front of the rule:
      `iptables -I INPUT 1 -s 100.100.2.136/32 -m conntrack --ctstate ESTABLISHED -j ACCEPT`. The rule protects
      against forged packets on the overlay (CVE-2019-14899): do not remove it as a whole.
    - Use name servers outside the range.
    - Tell the agent to leave the packet filter alone (`tailscale up --netfilter-mode=nodivert`), and filter yourself.

How to verify
    `natscope netcheck` as root: the counter no longer grows; the name server answers.

Sources
    RFC 6598; Tailscale issues 21249, 10237, 7472, 1381, 3104; util/linuxfw (ts-input); CVE-2019-14899.
"""

from __future__ import annotations

import re

import msgspec

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.facts import Facts
from natscope.diagnosis.hijacks import NETCHECK
from natscope.diagnosis.words import counted, enumerated
from natscope.model.finding import Fix, Severity
from natscope.model.report_dns import NameServerState
from natscope.model.report_surroundings import RuleReport, SharedSpaceReport
from natscope.model.tri import Tri

CAUSE = Cause(
    id="NS-HOST-02",
    title="A rule of this computer drops 100.64.0.0/10, and this network uses addresses in it.",
    severity=Severity.WARN,
    sides=1,
    who_can_fix=("you", "administrator"),
    fires=("shared-space-eaten", "shared-space-dropped"),
    silent=("healthy", "shared-space"),
    fixes=(
        Fix(
            do="Accept answers from the provider's own addresses in front of the rule that drops them.",
            who="administrator",
            effort="E1",
            duration="5 min",
            undo="take the rule out",
            verify=NETCHECK,
        ),
        Fix(
            do="Use a name server outside 100.64.0.0/10.",
            who="you",
            effort="E2",
            duration="5 min",
            undo="set the old name server",
            verify=NETCHECK,
        ),
    ),
)
MAX_RULE = 120
PLACE = re.compile(
    r"(?P<engine>nftables|iptables(?:-legacy)?): table (?P<table>(?:ip|inet) [\w.-]+), chain (?P<chain>[\w.-]+)"
)
"""Names in it go into a command: none but plain ones."""


def evidence(facts: Facts) -> Support:
    """A counter that grew beside a missing answer is decisive; a rule and something it would hit are two facts."""
    space = facts.report.surroundings.shared_space
    if space.dropped is Tri.UNKNOWN or space.used is Tri.UNKNOWN:
        return unknown("the rules of this computer's firewall (as root)")
    if not (space.dropped is Tri.YES and space.used is Tri.YES):
        return NOTHING
    rule = _rule(space)
    where = f"{rule.place}: `{rule.rule[:MAX_RULE]}`" if rule is not None else ""
    if space.eaten is Tri.YES:
        dropped = rule.dropped if rule is not None and rule.dropped else 1
        says = f"its counter grew by {dropped} while {enumerated(space.eaten_from)} did not answer"
        return Support(
            Tri.YES,
            (Ground(Strength.DECISIVE, says, space.evidence),),
            title=_title(facts, space),
            detail=f"{where} dropped {counted(dropped, 'packet')} while {enumerated(space.eaten_from)} was asked.",
            severity=Severity.FAIL,
            fixes=_fixes(space, rule),
            refines=("NS-CTL-10",) if _names_gone(facts, space) else None,
        )
    grounds = (
        Ground(Strength.FACT, "a rule drops the range", space.evidence),
        Ground(Strength.FACT, f"the network uses it: {enumerated(space.uses)}", space.evidence[:1]),
    )
    return Support(Tri.YES, grounds, detail=f"{where}. In the range: {enumerated(space.uses)}.")


def against(facts: Facts) -> Support:
    """Everything in the range that was asked has answered."""
    space = facts.report.surroundings.shared_space
    if space.dropped is Tri.UNKNOWN or space.used is Tri.UNKNOWN:
        return unknown("the rules of this computer's firewall (as root)")
    return Support(Tri.YES) if space.eaten is Tri.NO or not space.rules else NOTHING


def _title(facts: Facts, space: SharedSpaceReport) -> str:
    """What fails by it is told only of what these addresses are; that the rest works, where it was measured."""
    who = enumerated(space.eaten_from)
    if _names_gone(facts, space):
        return (
            f"Names do not resolve: a rule of this computer drops what the name server {who} answers (your provider's "
            "side, 100.64.0.0/10)."
        )
    fails = [
        words
        for kind, words in (("gateway", "opening ports"), ("name server", "names"))
        if any(use == f"{kind} {address}" for use in space.uses for address in space.eaten_from)
    ]
    verb = "there fails" if fails == ["opening ports"] else "from there fail"
    so = f", so {' and '.join(fails)} {verb}" if fails else ""
    rest = "; direct connections still work" if facts.udp and fails else ""
    return f"A rule of this computer drops what {who} answers (your provider's side, 100.64.0.0/10){so}{rest}."


def _names_gone(facts: Facts, space: SharedSpaceReport) -> bool:
    """Whether no name server answers, and each of them is one whose answers were dropped here."""
    names = facts.report.dns
    if names is None or names.state is not NameServerState.SILENT or not names.servers:
        return False
    return {server.address.removesuffix(":53") for server in names.servers} <= set(space.eaten_from)


def _fixes(space: SharedSpaceReport, rule: RuleReport | None) -> tuple[Fix, ...]:
    """The catalogue's, the first with the command of the table in which the rule stands."""
    first, *others = CAUSE.fixes
    command = _command(rule.place, space.eaten_from[0]) if rule is not None and space.eaten_from else ""
    if not command:
        return CAUSE.fixes
    do = f"Accept answers from there in front of that rule: {command}."
    return (msgspec.structs.replace(first, do=do), *others)


def _command(place: str, address: str) -> str:
    """An order for the packet filter of `nftables: table ip filter, chain input`; empty where the place is none such.

    A rule of iptables goes into INPUT, since the chains of an agent are written again by it; an `accept` of nftables
    ends its own chain alone, so it stands in front of the rule that drops.
    """
    told = PLACE.fullmatch(place)
    if told is None or ":" in address:
        return ""
    if told["engine"] != "nftables":
        return f"{told['engine']} -I INPUT 1 -s {address}/32 -m conntrack --ctstate ESTABLISHED -j ACCEPT"
    return f"nft insert rule {told['table']} {told['chain']} ip saddr {address} ct state established accept"


def _rule(space: SharedSpaceReport) -> RuleReport | None:
    grown = [rule for rule in space.rules if rule.dropped]
    return next(iter(grown or space.rules), None)
