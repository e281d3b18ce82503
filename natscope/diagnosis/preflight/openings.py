"""What gets out of a network and back in, kind by kind; closed only where something else did answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from natscope.diagnosis.facts import Facts, cite
from natscope.diagnosis.words import counted, enumerated
from natscope.model.finding import Certainty
from natscope.model.observation import Observation, Outcome
from natscope.model.preflight import Opening
from natscope.model.report import Report
from natscope.model.report_dns import NameServerState
from natscope.model.tri import Tri

NOT_MEASURED = "not measured"
STUN_PORT = 3478


def openings(report: Report) -> tuple[Opening, ...]:
    """In the order in which a mesh VPN needs them."""
    facts = Facts(report)
    usual = _stun_port(facts)
    return (
        _udp(facts), usual, *_udp_ports(report, usual), _https(facts), _port80(facts), _names(report), _ping(facts),
    )  # fmt: skip


def _udp(facts: Facts) -> Opening:
    """Any UDP at all, to any port."""
    report, evidence = facts.report, facts.udp.evidence[:8]
    if report.udp is Tri.YES:
        return Opening(what="udp", name="UDP", open=Tri.YES, says="answers come back", evidence=evidence)
    if _finding(report, "NS-UDP-02"):
        return Opening(what="udp", name="UDP", open=Tri.NO, says="a few ports only", evidence=evidence)
    if report.udp is Tri.NO and _finding(report, "NS-UDP-01", "NS-ENV-03", "NS-HOST-01"):
        return Opening(what="udp", name="UDP", open=Tri.NO, says=_says_no(facts), evidence=evidence)
    return Opening(what="udp", name="UDP", says=report.udp_reason or NOT_MEASURED)


def _says_no(facts: Facts) -> str:
    asked = facts.seen("stun.binding", Outcome.NO_ANSWER, Outcome.ICMP_ERROR, Outcome.LOCAL_ERROR)
    hosts = {o.target for o in asked}
    return f"{counted(len(asked), 'packet')} to {counted(len(hosts), 'relay')}, no answer"


def _finding(report: Report, *ids: str) -> bool:
    """Whether the netcheck found one of them, with more behind it than silence."""
    return any(f.id in ids and f.certainty is not Certainty.POSSIBLE for f in report.findings)


def _of_relays(observations: Sequence[Observation]) -> tuple[Observation, ...]:
    """Without helpers, which are no relays and belong to no region."""
    return tuple(o for o in observations if o.region_id is not None)


def _answered(observations: Sequence[Observation]) -> str:
    return f"{counted(len({o.region_id for o in observations}), 'relay')} answered"


def _stun_port(facts: Facts) -> Opening:
    """Relays' own port for STUN, which a mesh VPN asks first."""
    answered = _of_relays(facts.seen("stun.binding", Outcome.ANSWERED))
    if answered:
        return Opening(
            what="udp-3478", name="UDP to relays", open=Tri.YES, says=_answered(answered), evidence=cite(answered)[:8]
        )
    if _finding(facts.report, "NS-UDP-02"):
        return Opening(what="udp-3478", name="UDP to relays", open=Tri.NO, says="other ports of the same relays answer")
    if _finding(facts.report, "NS-UDP-01"):
        return Opening(what="udp-3478", name="UDP to relays", open=Tri.NO, says="as all UDP")
    return Opening(what="udp-3478", name="UDP to relays", says=facts.report.udp_reason or NOT_MEASURED)


def _udp_ports(report: Report, usual: Opening) -> Iterator[Opening]:
    """Ports beside the map's own; those of which nothing is known as one row."""
    known = [port for port in report.path.udp_ports if port.open is not Tri.UNKNOWN]
    for port in known:
        if port.port != STUN_PORT or port.open is not usual.open:
            yield Opening(
                what=f"udp-{port.port}", name=f"UDP to port {port.port}", open=port.open, says=port.reason,
                evidence=port.evidence[:8],
            )  # fmt: skip
    silent = [str(port.port) for port in report.path.udp_ports if port.open is Tri.UNKNOWN and port.port != STUN_PORT]
    if silent:
        says = f"no relay answered at {enumerated(silent)}; few serve STUN there"
        yield Opening(what="udp-other", name="UDP to other ports", says=says)


def _https(facts: Facts) -> Opening:
    """Relays over HTTPS: the way that is left where UDP is not."""
    report = facts.report
    seen = facts.seen("https.latency", Outcome.ANSWERED) + facts.seen("relay.check", Outcome.ANSWERED)
    name = "HTTPS to relays"
    if _finding(report, "NS-ENV-05"):
        says = "somebody on the way opens TLS"
        return Opening(what="tcp-443", name=name, open=Tri.NO, says=says, evidence=cite(seen)[:8])
    web = report.web
    if seen:
        return Opening(what="tcp-443", name=name, open=Tri.YES, says=_answered(seen), evidence=cite(seen)[:8])
    if web is not None and web.relay_by_proxy is Tri.YES:
        return Opening(what="tcp-443", name=name, open=Tri.NO, says="through the proxy only")
    if web is not None and web.direct is Tri.NO:
        return Opening(what="tcp-443", name=name, open=Tri.NO, says=web.reasons.get("direct", "no relay answers"))
    if _finding(report, "NS-REL-16"):
        return Opening(what="tcp-443", name=name, open=Tri.NO, says="relays answer over UDP, and not over TCP")
    tried = facts.seen("https.latency") + facts.seen("relay.check")
    failed = f"{counted(len({o.region_id for o in tried}), 'relay')} asked, none answered" if tried else NOT_MEASURED
    return Opening(what="tcp-443", name=name, says=failed)


def _port80(facts: Facts) -> Opening:
    """Plain HTTP, by which login pages are found."""
    report, name = facts.report, "HTTP to relays"
    if report.captive_portal is Tri.YES:
        return Opening(what="tcp-80", name=name, open=Tri.NO, says="a login page answers instead",
                       evidence=cite(facts.seen("captive.challenge"))[:8])  # fmt: skip
    answered = facts.seen("captive.challenge", Outcome.ANSWERED) + facts.seen("relay.port80", Outcome.ANSWERED)
    if answered:
        return Opening(what="tcp-80", name=name, open=Tri.YES, says="no login page", evidence=cite(answered)[:8])
    return Opening(what="tcp-80", name=name, says=report.captive_portal_reason or NOT_MEASURED)


def _names(report: Report) -> Opening:
    dns = report.dns
    if dns is None or not dns.servers:
        return Opening(what="dns", name="DNS", says=dns.reason if dns is not None and dns.reason else NOT_MEASURED)
    answering = [server for server in dns.servers if server.state is NameServerState.ANSWERS]
    if answering:
        says = f"{counted(len(answering), 'name server')} answered"
        return Opening(what="dns", name="DNS", open=Tri.YES, says=says, evidence=answering[0].evidence[:8])
    known = all(server.state is not NameServerState.UNKNOWN for server in dns.servers)
    if known and (dns.system is Tri.NO or _finding(report, "NS-CTL-10")):
        return Opening(what="dns", name="DNS", open=Tri.NO, says=dns.reason or "no name server answers")
    return Opening(what="dns", name="DNS", says=dns.reason or "no name server answered")


def _ping(facts: Facts) -> Opening:
    """Only asked where relays keep silent, and needed by nobody."""
    answered = facts.seen("icmp.echo", Outcome.ANSWERED)
    if answered:
        return Opening(what="icmp", name="Ping", open=Tri.YES, says="answers come back", evidence=cite(answered)[:8])
    tried = facts.seen("icmp.echo")
    return Opening(what="icmp", name="Ping", says="no answer; many relays give none" if tried else NOT_MEASURED)
