"""A name server does not answer, fails or refuses.

What it is
    This computer is told to ask a name server that is of no use: it is silent, cannot be reached, says that it cannot
    look anything up, or does not serve this computer. With no other server no name is found at all: maps with names
    lead to no relay, and the client does not find its control server. With another one behind it every look-up waits
    first.

What we look for
    - a handful of questions to each configured name server, three times each within 1.5 s, without any answer;
    - the server's own words: SERVFAIL, REFUSED;
    - an ICMP error in place of an answer, or no route.
    Where relays were asked at known addresses and nothing at all answered, the silence says nothing about the server.

What would contradict it
    - one answer of that server to any question, a denial too.

What to do
    - Ask another name server: what the router hands out by DHCP, the provider's, or a public one.
    - On the way: UDP and TCP port 53 must get to it.

How to verify
    `natscope netcheck -v` shows each server with a round trip.

Sources
    RFC 1035 section 4.1.1 (what a server may answer), RFC 1536 section 1 (repeats), resolv.conf(5).
"""

from __future__ import annotations

from collections.abc import Sequence

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.facts import Facts, ordered
from natscope.diagnosis.words import as_sentence
from natscope.model.finding import Fix, Severity
from natscope.model.observation import Outcome
from natscope.model.report_dns import NameServerReport, NameServerState
from natscope.model.tri import Tri

CAUSE = Cause(
    id="NS-CTL-10",
    title="The name server of this computer is of no use.",
    severity=Severity.FAIL,
    sides=1,
    who_can_fix=("you", "administrator"),
    fires=("name-server-silent",),
    silent=("healthy", "names-invented"),
    hidden_by=("NS-ENV-06",),
    fixes=(
        Fix(
            do="Set another name server, on this computer or on the router.",
            who="you",
            effort="E2",
            duration="5 min",
            undo="set the old one again",
            verify="natscope netcheck -v",
        ),
    ),
)
_USELESS = (
    NameServerState.SILENT,
    NameServerState.FAILS,
    NameServerState.REFUSES,
    NameServerState.UNREACHABLE,
)
_WORDS = {
    NameServerState.SILENT: "does not answer",
    NameServerState.FAILS: "says that it cannot look anything up",
    NameServerState.REFUSES: "refuses to serve this computer",
    NameServerState.UNREACHABLE: "cannot be reached",
}
_TOLD = (NameServerState.FAILS, NameServerState.REFUSES)


def evidence(facts: Facts) -> Support:
    """A refusal in words decides; silence needs something else that answered."""
    names = facts.report.dns
    if names is None or not names.servers:
        return unknown("the configuration of the name servers")
    useless = [server for server in names.servers if server.state in _USELESS]
    if not useless:
        open_question = names.state is NameServerState.UNKNOWN
        return unknown("answers from a name server") if open_question else NOTHING
    spare = names.state is NameServerState.ANSWERS
    if not spare and _is_all_silent(facts, useless):
        return unknown("an answer of anything beside the name server")
    first = useless[0]
    away = all(server.state is NameServerState.UNREACHABLE for server in useless)
    also = (" Another one answers." if away else " The next one answers, after a wait.") if spare else ""
    return Support(
        Tri.YES,
        _grounds(facts, useless, spare=spare),
        title=f"The name server {_host(first)} {_WORDS[first.state]}.",
        detail=f"{as_sentence(first.reason)}{also}".strip(),
        severity=None if not spare else Severity.INFO if away else Severity.WARN,
    )


def against(facts: Facts) -> Support:
    """Answers are looked for server by server where the report is made."""
    return NOTHING


def _grounds(facts: Facts, useless: Sequence[NameServerReport], *, spare: bool) -> tuple[Ground, ...]:
    cited = ordered(tuple(name for server in useless for name in server.evidence))
    if any(server.state in _TOLD for server in useless):
        return (Ground(Strength.DECISIVE, "it says so itself", cited),)
    grounds = [Ground(Strength.FACT, "nothing came back from it, three times", cited)]
    alive = [r for r in facts.relays if facts.stun_answered(r) or facts.tcp_answered(r)]
    if alive or spare:
        other = ordered(alive[0].evidence)[:2] if alive else ()
        grounds.append(Ground(Strength.FACT, "other hosts answered in the same run", other))
    return tuple(grounds)


def _is_all_silent(facts: Facts, useless: Sequence[NameServerReport]) -> bool:
    """Relays whose addresses were known were asked too, and nobody out there answered: no sign against the server."""
    if any(server.state is not NameServerState.SILENT for server in useless):
        return False
    asked = facts.seen("stun.binding") and not facts.seen("stun.binding", Outcome.LOCAL_ERROR)
    return bool(asked) and not any(facts.stun_answered(r) or facts.tcp_answered(r) for r in facts.relays)


def _host(server: NameServerReport) -> str:
    """Without the usual port."""
    return server.address.removesuffix(":53").strip("[]")
