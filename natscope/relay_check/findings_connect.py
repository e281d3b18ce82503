"""What keeps clients from getting in: names, ports, certificates, upgrades, admission. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from natscope.diagnosis.cause import Ground
from natscope.diagnosis.causes.ctl import ctl_04_upgrade_eaten
from natscope.diagnosis.causes.rel import (
    rel_01_certificate,
    rel_04_plain_http,
    rel_11_name_filtered,
    rel_14_one_family,
    rel_15_no_answer,
    rel_16_no_connections,
)
from natscope.model.derp_check import NodeReport, StepName, StepState
from natscope.model.finding import Severity
from natscope.model.observation import Observation, Outcome
from natscope.relay_check.claims import Claim, checked_here, decides, fact, fix
from natscope.relay_check.steps_connect import broken_families, certificate_of, is_overdue
from natscope.relay_check.view import CheckView, NodeView, ids

FAIL, WARN, INFO = Severity.FAIL, Severity.WARN, Severity.INFO

RENEW_SOON = fix("On the relay: find out why its certificate is not renewed by itself, and renew it.", "10 min")
PASS_UPGRADE = fix(
    "In the proxy in front of the relay: pass the Upgrade and Connection headers on for /derp, speak HTTP/1.1 to the "
    "relay, and do not buffer (nginx: proxy_http_version 1.1, proxy_set_header Upgrade $http_upgrade, "
    'proxy_set_header Connection "upgrade"); or let the relay have its port for itself.',
    "10 min",
    undo="put the old lines back",
)
START_RELAY = fix("Behind that web server: start the relay, and look where the server looks for it.", "10 min")
RIGHT_PLACE = fix("In the map: name the host and port where the relay is; here is another web server.", "5 min")
GIVE_KEY = fix(
    "To check the relaying too, give the key file of a client that it admits: --key-file FILE.", "1 min", who="you",
    effort="E1",
)  # fmt: skip
ADMIT = fix("Where the relay asks who may use it: admit this key.", "10 min")


def find_connect(check: CheckView, view: NodeView, node: NodeReport) -> Iterator[Claim]:
    """Everything on the way in."""
    yield from _name(view, node)
    yield from _closed(check, view, node)
    yield from _one_family(check, view)
    yield from _tls(check, view)
    yield from _soon(view)
    yield from _upgrade(check, view)
    yield from _admission(view)


def _claim(
    view: NodeView, name: str, severity: Severity, grounds: Iterable[Ground], says: str, **rest: object
) -> Claim:
    return Claim(name, view.node.name, severity, tuple(grounds), says, **rest)  # type: ignore[arg-type]


def _name(view: NodeView, node: NodeReport) -> Iterator[Claim]:
    step = node.step(StepName.NAME)
    if step.state is StepState.FAIL:
        yield _claim(
            view, "NS-REL-15", FAIL, (decides("the name server says so", step.evidence),), "the name leads nowhere.",
            detail=f"The name server has {step.says}: {view.node.host_name}.",
            fixes=checked_here(rel_15_no_answer.CAUSE.fixes),
        )  # fmt: skip


def _closed(check: CheckView, view: NodeView, node: NodeReport) -> Iterator[Claim]:
    step = node.step(StepName.CONNECT)
    if step.state is not StepState.FAIL:
        return
    port = view.node.effective_derp_port
    refused = any(o.outcome is Outcome.REFUSED for o in view.ended(StepName.CONNECT))
    stun = view.of("stun.binding", Outcome.ANSWERED)
    says = f"nothing listens on TCP port {port}." if refused else f"no answer on TCP port {port}."
    grounds = [fact("no connection comes about", step.evidence)]
    if refused:
        grounds = [decides("its host refuses the connection", step.evidence)]
    if stun:
        grounds.append(fact("its STUN port answers", ids(stun)))
        detail = "Its STUN port answers, so clients may choose it for their home, and then nobody reaches them."
        cause = rel_16_no_connections.CAUSE
    else:
        grounds += [] if refused else [fact("other relays answered in the same run")]
        detail = "The host refuses the connection." if refused else "Other relays answered in the same run."
        cause = rel_15_no_answer.CAUSE
    yield _claim(
        view, cause.id, FAIL, grounds, says, detail=detail, fixes=checked_here(cause.fixes),
    )  # fmt: skip


def _one_family(check: CheckView, view: NodeView) -> Iterator[Claim]:
    for broken in broken_families(check, view):
        refused = broken.outcome is Outcome.REFUSED
        how = "it refuses the connection" if refused else "no answer, while other relays answer over it"
        grounds = [fact("no connection over it comes about", (broken.id,)), fact("other relays answer over it")]
        if refused:
            grounds = [decides("it refuses the connection over that family", (broken.id,))]
        yield _claim(
            view, "NS-REL-14", WARN, grounds, f"broken over IPv{broken.family}.",
            detail=f"{broken.target}: {how}.", fixes=checked_here(rel_14_one_family.CAUSE.fixes),
        )  # fmt: skip


def _tls(check: CheckView, view: NodeView) -> Iterator[Claim]:
    for bad in view.ended(StepName.TLS):
        if bad.error == "plain-http":
            cause, says, fixes = (
                "NS-REL-04",
                "the port speaks plain HTTP where the map wants TLS.",
                rel_04_plain_http.CAUSE.fixes,
            )
        elif bad.error == "name-filtered":
            cause, says, fixes = "NS-REL-11", "the name is filtered on the way.", rel_11_name_filtered.CAUSE.fixes
        elif bad.error.startswith("certificate"):
            fixes = rel_01_certificate.FIXES.get(bad.error, rel_01_certificate.CAUSE.fixes)
            cause, says = "NS-REL-01", f"{_certificate_words(bad)}; clients refuse it."
        else:
            cause, says, fixes = (
                "NS-REL-16",
                "the port takes connections, but no TLS handshake ends well.",
                rel_16_no_connections.CAUSE.fixes,
            )
        yield _claim(
            view,
            cause,
            FAIL,
            (decides("the handshake ended in these words", (bad.id,)),),
            says,
            detail=_shared_issuer(check, bad),
            fixes=checked_here(fixes),
        )


def _certificate_words(bad: Observation) -> str:
    return bad.summary.rstrip(".") or "its certificate is refused"


def _shared_issuer(check: CheckView, bad: Observation) -> str:
    """The same unknown issuer at different relays is not theirs: somebody on the way opens TLS."""
    issuer = bad.data.get("issuer")
    others = {
        o.target
        for view in check.nodes
        for o in view.ended(StepName.TLS)
        if o.error == "certificate-unknown-issuer" and o.data.get("issuer") == issuer
    }
    if bad.error != "certificate-unknown-issuer" or not issuer:
        return ""
    if len(others) < 2:
        return f"It was issued by {issuer}."
    return f"It was issued by {issuer}, as those of {len(others) - 1} more addresses: somebody on the way may open TLS."


def _soon(view: NodeView) -> Iterator[Claim]:
    facts = certificate_of(view)
    if facts is None or not view.at_least(StepName.TLS) or not facts.data.get("verified"):
        return
    days, life = facts.data.get("days_left"), facts.data.get("lifetime_days")
    if isinstance(days, int | float) and isinstance(life, int | float) and is_overdue(days, life):
        left = f"{days:.0f} days" if days >= 2 else f"{max(days, 0) * 24:.0f} hours"
        yield _claim(
            view, "NS-REL-20", WARN, (decides("by its own dates", (facts.id,)),), f"the certificate ends in {left}.",
            detail=f"It was valid for {life:.0f} days, until {str(facts.data.get('ends', ''))[:10]}.",
            fixes=(RENEW_SOON,),
        )  # fmt: skip


def _upgrade(check: CheckView, view: NodeView) -> Iterator[Claim]:
    page = next(iter(view.of("derp.page")), None)
    for bad in view.ended(StepName.UPGRADE):
        status = int(bad.data.get("status") or 0)
        evidence = (bad.id, page.id) if page is not None else (bad.id,)
        if ctl_04_upgrade_eaten.is_eaten(status or None, page_answers=_works(page)):
            yield _eaten(check, view, bad, page)
            continue
        says, detail, fixes = _refusal(status, page)
        grounds = [fact("TLS ends well", evidence), fact("and the request for the upgrade gets no answer", evidence)]
        if status:
            grounds = [decides(f"the request for the upgrade was answered by HTTP {status}", evidence)]
        yield _claim(view, "NS-REL-18", FAIL, grounds, says, detail=detail, fixes=fixes)
    for bad in view.ended(StepName.ADMISSION):
        if not bad.data.get("server_key"):
            yield _mute(view, bad, page)


def _works(page: Observation | None) -> bool:
    return page is not None and page.data.get("status") == 200


def _eaten(check: CheckView, view: NodeView, bad: Observation, page: Observation | None) -> Claim:
    """Certain by the same request without the upgrade, and another relay that upgrades."""
    status = int(bad.data["status"])
    again = next((o for o in view.of("derp.left-out") if o.target == bad.target), None)
    same = again is not None and again.data.get("status") == status
    others = [o for other in check.nodes if other is not view for o in other.at_least(StepName.UPGRADE)]
    seen = tuple(o.id for o in (bad, page, again, *others[:1]) if o is not None)
    grounds = ctl_04_upgrade_eaten.grounds(status=status, same=same, elsewhere=bool(others), cited=seen)
    if _works(page):
        grounds.append(fact("its page /derp/probe is answered", seen))
    also = "; its page /derp/probe is answered, so the relay itself is there" if _works(page) else ""
    also += "; without Upgrade it gets the same answer" if same else ""
    return _claim(
        view, "NS-CTL-04", FAIL, grounds,
        f"something in front{_named(page)} breaks the upgrade to DERP.", detail=f"{_asked(status)}{also}.",
        fixes=checked_here(ctl_04_upgrade_eaten.CAUSE.fixes),
    )  # fmt: skip


def _mute(view: NodeView, bad: Observation, page: Observation | None) -> Claim:
    """101, and then nothing: who keeps bytes back, where the relay's page shows that it is there."""
    seen = (bad.id, page.id) if page is not None and _works(page) else (bad.id,)
    keeps = "a proxy keeps what follows" if _works(page) else "a proxy keeps what follows, or has no relay behind it"
    grounds = fact("the upgrade is answered by 101", seen), fact("no byte of the relay's follows it", seen)
    return _claim(
        view, "NS-CTL-04" if _works(page) else "NS-REL-18", FAIL, grounds,
        f"something in front{_named(page)} breaks the upgrade to DERP.",
        detail=f"101 comes back, and then no byte of the relay's: {keeps}.",
        fixes=checked_here(ctl_04_upgrade_eaten.CAUSE.fixes),
    )  # fmt: skip


def _named(page: Observation | None) -> str:
    server = str(page.data.get("server", "")) if page is not None else ""
    return f" ({server})" if server else ""


def _asked(status: int) -> str:
    answered = f"was answered by HTTP {status}" if status else "got no answer"
    return f"GET /derp with Upgrade: DERP {answered}"


def _refusal(status: int, page: Observation | None) -> tuple[str, str, tuple[object, ...]]:
    """What is said of an answer other than 101 that is none of a front's: words, detail, fixes."""
    named, asked = _named(page), f"{_asked(status)}."
    if status in (502, 503, 504):
        return f"the web server in front{named} does not reach the relay.", asked, (START_RELAY,)
    if status == 404 or (300 <= status <= 399) or (page is not None and page.data.get("status") == 404):
        return f"another web server{named} answers there, no relay.", asked, (RIGHT_PLACE,)
    return f"no relay comes of the connection{named}.", asked, (PASS_UPGRADE, RIGHT_PLACE)


def _admission(view: NodeView) -> Iterator[Claim]:
    refused = view.not_admitted
    cited = ids(refused)[:2]
    closes = (
        fact("it upgrades and shows its key", cited),
        fact("it closes once it has read the key of our client", cited),
    )
    if refused and any(o.data.get("known") for o in refused):
        yield _claim(
            view, "NS-REL-03", FAIL, closes, "the key that was given is not admitted.",
            detail="It read the greeting and closed the connection.", fixes=(ADMIT,),
        )  # fmt: skip
    elif refused:
        yield _claim(
            view, "NS-REL-03", INFO, closes, "admits only known clients; relaying itself was not checked.",
            detail="It upgrades, shows its key, and closes the connection once it has read the key of a client that "
            "nobody knows: so does a relay that verifies its clients.",
            fixes=(GIVE_KEY,),
        )  # fmt: skip
    silent = [o for o in view.ended(StepName.ADMISSION) if o.data.get("server_key") and o not in refused]
    if silent:
        halves = fact("it shows its key", ids(silent)), fact("it does not answer our greeting", ids(silent))
        yield _claim(
            view, "NS-REL-18", FAIL, halves, "the greeting stops in the middle.",
            detail="It upgrades and shows its key, and does not answer our greeting: the service that it asks about "
            "clients may be slow or gone, or a proxy keeps what we send.",
            fixes=(PASS_UPGRADE,),
        )  # fmt: skip
