"""Name servers give wrong answers.

What it is
    Names of relays and of control servers lead where they should not, or less far than they could: an address is made
    up for a name that does not exist, a relay's name gets an address that cannot be its own, IPv6 addresses are kept
    back, or a search domain answers any name at all. Clients then connect to nobody, to a stranger's page, or over one
    family only. Providers, filters, guest networks and proxies do such things, most of them on purpose.

What we look for
    - a random name that cannot exist, asked of each configured name server, that gets an address;
    - relays' names with the address that every name gets, with one of a proxy's own (198.18.0.0/15), or with that of
      this computer itself (127.0.0.0/8, 0.0.0.0), as blocklists have it;
    - a root server's name that gets its IPv4 address and not its IPv6 one;
    - a random name below a search domain that gets an address, while others do not.

What would contradict it
    - the right denial of the random name, and the map's own address in the answer;
    - answers that merely differ between servers are none of this: names may have several addresses, and inside ones
      in networks with a DNS of their own.

What to do
    - Ask other name servers, or the same provider's unfiltered ones; a home router hands out what it is told to.
    - Put the relays' addresses into the map (`ipv4`, `ipv6`): then no name has to be looked up.
    - Take the search domain out, or its wildcard.

How to verify
    `natscope netcheck` no longer says so; `natscope netcheck -v` shows each server and what it answered.

Sources
    RFC 8499 section 6 (what resolvers are), RFC 4924 section 2.5.2 (made-up answers), RFC 6761 section 6.5
    (example.com is resolved like any other name), RFC 1535 (search domains).
"""

from __future__ import annotations

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.facts import Facts, ordered
from natscope.diagnosis.words import enumerated
from natscope.model.finding import Fix, Severity
from natscope.model.report_dns import DnsReport
from natscope.model.tri import Tri

OTHER_SERVER = Fix(
    do="Use other name servers on this computer or on the router (a provider often has unfiltered ones).",
    who="you",
    effort="E2",
    duration="5 min",
    undo="set the old ones again",
    verify="natscope netcheck",
)
LITERALS = Fix(
    do="Put the relays' addresses into the map, so that no name has to be looked up.",
    who="relay's admin",
    effort="E2",
    duration="5 min",
    undo="take them out",
    verify="natscope netcheck",
)
NO_SEARCH = Fix(
    do="Take that search domain out of this computer's settings, or its wildcard out of the zone.",
    who="you",
    effort="E2",
    duration="5 min",
    undo="put it back",
    verify="natscope netcheck",
)

CAUSE = Cause(
    id="NS-CTL-09",
    title="Name servers give wrong answers.",
    severity=Severity.WARN,
    sides=1,
    who_can_fix=("you", "administrator", "relay's admin"),
    fires=("names-invented", "names-forged"),
    silent=("healthy", "name-server-silent"),
    hidden_by=("NS-ENV-06",),
    fixes=(OTHER_SERVER, LITERALS),
)
_TITLES = {
    "forged": "The name server leads relays' names astray.",
    "invented": "The name server invents an address for names that do not exist.",
    "ipv6_withheld": "The name server keeps IPv6 addresses back.",
    "search_trap": "A search domain of this computer answers any name at all.",
}
"""The worst first."""
_SAYS = {
    "forged": "a relay's name got an address that is not its own",
    "invented": "a name that cannot exist got an address",
    "ipv6_withheld": "a name that has an IPv6 address got none",
    "search_trap": "a random name below a search domain got an address",
}


def evidence(facts: Facts) -> Support:
    """Each of the four is a trial with its own control."""
    names = facts.report.dns
    if names is None:
        return unknown("the configuration of the name servers")
    wrong = [field for field in _TITLES if getattr(names, field) is Tri.YES]
    if not wrong:
        judged = any(getattr(names, field) is Tri.NO for field in ("invented", "forged"))
        return NOTHING if judged else unknown("answers from a name server")
    grounds = tuple(Ground(Strength.DECISIVE, _SAYS[f], ordered(names.evidence.get(f, ()))) for f in wrong)
    return Support(
        Tri.YES,
        grounds,
        title=_TITLES[wrong[0]],
        detail=_detail(names, wrong),
        severity=Severity.FAIL if "forged" in wrong else Severity.INFO if wrong == ["ipv6_withheld"] else None,
        fixes=(NO_SEARCH,) if wrong == ["search_trap"] else None,
    )


def against(facts: Facts) -> Support:
    """Right answers are looked for field by field where the report is made."""
    return NOTHING


def _detail(names: DnsReport, wrong: list[str]) -> str:
    told = []
    if "forged" in wrong:
        told.append(f"Relays are said to be at {enumerated(names.forged_addresses, 2)}.")
    if "invented" in wrong:
        told.append(f"Names that do not exist are said to be at {enumerated(names.invented_addresses, 2)}.")
    if "ipv6_withheld" in wrong and wrong[0] != "ipv6_withheld":
        told.append("IPv6 addresses are kept back.")
    if "search_trap" in wrong:
        told.append(f"Any name below {enumerated(names.search_traps, 2)} has an address.")
    return " ".join(told)
