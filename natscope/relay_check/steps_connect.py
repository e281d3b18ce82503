"""The steps of a connection to a node, each judged: name, TCP, certificate, upgrade, admission. Pure.

What could not be checked is `unknown` with its reason; silence is a failure only where something else answered.
"""

from __future__ import annotations

from natscope.model.derp_check import StepName, StepReport, StepState
from natscope.model.endpoint import Family
from natscope.model.observation import Observation, Outcome
from natscope.relay_check.view import NAME_ERRORS, CheckView, NodeView, ids

LOCAL = (Outcome.LOCAL_ERROR,)
SOON_DAYS = 14.0
SOON_SHARE = 6
"""A certificate should have been renewed when less than this part of its life is left, or two weeks at most;
authorities advise to renew at a third.
"""


def step(name: StepName, state: StepState, says: str = "", evidence: tuple[str, ...] = ()) -> StepReport:
    """A step, shortly."""
    return StepReport(name=name, state=state, says=says, evidence=evidence)


def connection_steps(check: CheckView, view: NodeView) -> list[StepReport]:
    """All of them, in order."""
    judges = (_name, _connect, _tls, _upgrade, _admission)
    return [judge(check, view) for judge in judges]


def is_overdue(days_left: float, lifetime_days: float | None) -> bool:
    """Whether a certificate should have been renewed by now."""
    share = SOON_DAYS if lifetime_days is None else lifetime_days / SOON_SHARE
    return days_left < min(SOON_DAYS, share)


def not_yet(check: CheckView, name: StepName) -> StepReport:
    """Nothing was observed: an earlier step failed, or the run ended before."""
    if check.unfinished:
        return step(name, StepState.UNKNOWN, check.unfinished)
    return step(name, StepState.NOT_REACHED)


def _name(check: CheckView, view: NodeView) -> StepReport:
    node = view.node
    lookups = view.of("dns.lookup")
    both: tuple[Family, ...] = (4, 6)
    given = [family for family in both if family in check.record.families and node.given(family)]
    found = sorted({*given, *(o.family or 0 for o in lookups if o.outcome is Outcome.ANSWERED)})
    if found:
        where = "" if lookups else "from the map"
        says = " ".join(filter(None, (", ".join(f"IPv{family}" for family in found), where)))
        return step(StepName.NAME, StepState.OK, says, ids(lookups))
    lacks = without_address(check, view)
    if lacks:
        return step(StepName.NAME, StepState.UNKNOWN, lacks, ids(lookups))
    if any(o.error in NAME_ERRORS for o in lookups):
        words = "no such name" if any(o.error == NAME_ERRORS[0] for o in lookups) else "no address for this name"
        return step(StepName.NAME, StepState.FAIL, words, ids(lookups))
    if lookups:
        return step(StepName.NAME, StepState.UNKNOWN, "no name server answered", ids(lookups))
    return (
        not_yet(check, StepName.NAME)
        if check.unfinished
        else step(StepName.NAME, StepState.UNKNOWN, "no address asked")
    )


def without_address(check: CheckView, view: NodeView) -> str:
    """`no IPv6 address: not checked`, where only a family was asked for that the node is not known to have; else empty.

    A node may serve one family alone, so that is no fault of it: clients reach it over the other one.
    """
    node, families = view.node, check.record.families
    both: tuple[Family, ...] = (4, 6)
    for family, other in (both, both[::-1]):
        if family not in families or other in families or node.given(family) is not None:
            continue
        errors = {o.error for o in view.of("dns.lookup") if o.family == family}
        nowhere = bool(errors & set(NAME_ERRORS)) and node.literal(other) is not None
        lacks = NAME_ERRORS[1] in errors and node.may_have(other)
        if not node.may_have(family) or node.host_address is not None or nowhere or lacks:
            return f"no IPv{family} address: not checked"
    return ""


def _connect(check: CheckView, view: NodeView) -> StepReport:
    name = StepName.CONNECT
    good, bad = view.at_least(name), view.ended(name)
    if good:
        times = [o.data["connect_ms"] for o in good if isinstance(o.data.get("connect_ms"), int | float)]
        says = f"{min(times):.1f} ms" if times else ""
        broken = broken_families(check, view)
        if broken:
            words = ", ".join(f"not over IPv{o.family}" for o in broken)
            return step(name, StepState.WARN, ", ".join(filter(None, (says, words))), ids(broken))
        return step(name, StepState.OK, says, ids(good))
    if not bad:
        no_way = view.of("derp.no-way")
        return step(name, StepState.UNKNOWN, no_way[0].summary, ids(no_way)) if no_way else not_yet(check, name)
    if any(o.error == "proxy" for o in bad):
        return step(name, StepState.UNKNOWN, "the proxy does not let us through", ids(bad))
    if all(o.outcome in LOCAL for o in bad):
        return step(name, StepState.UNKNOWN, "this computer did not let it out", ids(bad))
    if any(o.outcome is Outcome.REFUSED for o in bad):
        return step(name, StepState.FAIL, f"port {view.node.effective_derp_port} is closed", ids(bad))
    if view.answers_anything or check.tcp_works():
        return step(name, StepState.FAIL, "no answer", ids(bad))
    return step(name, StepState.UNKNOWN, "no answer, nor from any other relay", ids(bad))


def broken_families(check: CheckView, view: NodeView) -> tuple[Observation, ...]:
    """Connections of a family that fails here, while the other works here, and it works elsewhere or was refused."""
    good = {o.family for o in view.at_least(StepName.CONNECT)}
    bad = [o for o in view.ended(StepName.CONNECT) if o.family not in good and good]
    return tuple(
        o
        for o in bad
        if o.outcome is Outcome.REFUSED or (o.outcome is not Outcome.LOCAL_ERROR and check.tcp_works(o.family))
    )


def _tls(check: CheckView, view: NodeView) -> StepReport:
    name = StepName.TLS
    good, bad = view.at_least(name), view.ended(name)
    if bad:
        worst = bad[0]
        if worst.outcome is Outcome.NO_ANSWER:
            return step(name, StepState.FAIL, "no answer to the handshake", ids(bad))
        return step(name, StepState.FAIL, short_certificate(worst), ids(bad))
    if not good:
        return not_yet(check, name)
    facts = certificate_of(view)
    if facts is None:
        return step(name, StepState.OK, "", ids(good))
    if not facts.data.get("verified"):
        return step(name, StepState.OK, "not checked, as the map says", ids(good))
    days, life = facts.data.get("days_left"), facts.data.get("lifetime_days")
    if not isinstance(days, int | float):
        return step(name, StepState.OK, "", ids(good))
    pinned = ", pinned" if facts.data.get("pinned") else ""
    says = f"{days:.0f} days left{pinned}" if days >= 2 else f"{days * 24:.0f} hours left{pinned}"
    late = is_overdue(float(days), float(life) if isinstance(life, int | float) else None)
    return step(name, StepState.WARN if late else StepState.OK, says, (facts.id,))


def certificate_of(view: NodeView) -> Observation | None:
    """An observation that tells of the certificate: of a connection, else of its page."""
    tells = [o for o in (*view.firsts, *view.of("derp.page"), *view.connects) if "sha256" in o.data]
    return tells[0] if tells else None


def short_certificate(observation: Observation) -> str:
    """What is wrong, in a few words for a table."""
    words = {
        "certificate-expired": "expired",
        "certificate-not-yet-valid": "not valid yet",
        "certificate-wrong-name": "for another name",
        "certificate-self-signed": "self-signed",
        "certificate-unknown-issuer": "unknown issuer",
        "certificate-chain-incomplete": "chain incomplete",
        "certificate-pin-mismatch": "not the pinned one",
        "certificate": "refused",
        "plain-http": "plain HTTP, no TLS",
        "name-filtered": "reset for this name",
        "reset": "connection reset",
        "closed": "connection closed",
    }
    said = words.get(observation.error, "handshake failed")
    ends = observation.data.get("ends")
    if observation.error == "certificate-expired" and isinstance(ends, str):
        return f"expired {ends[:10]}"
    return said


def _upgrade(check: CheckView, view: NodeView) -> StepReport:
    name = StepName.UPGRADE
    good, bad = view.at_least(name), view.ended(name)
    if bad:
        return step(name, StepState.FAIL, short_refusal(bad[0]), ids(bad))
    silent = [o for o in view.ended(StepName.ADMISSION) if not o.data.get("server_key")]
    if silent:
        return step(name, StepState.FAIL, "101, then nothing", ids(silent))
    if not good:
        return not_yet(check, name)
    times = [o.data["upgrade_ms"] for o in good if isinstance(o.data.get("upgrade_ms"), int | float)]
    return step(name, StepState.OK, f"{min(times):.1f} ms" if times else "", ids(good))


def short_refusal(observation: Observation) -> str:
    """What came instead of 101, in a few words for a table."""
    status = observation.data.get("status")
    if status:
        return f"HTTP {status} instead of 101"
    if observation.outcome is Outcome.NO_ANSWER:
        return "no answer"
    return "connection closed" if observation.outcome is Outcome.REFUSED else "no HTTP"


def _admission(check: CheckView, view: NodeView) -> StepReport:
    name = StepName.ADMISSION
    refused = view.not_admitted
    if refused:
        known = any(o.data.get("known") for o in refused)
        words = "not with the key given" if known else "admits only known clients"
        return step(name, StepState.FAIL if known else StepState.UNKNOWN, words, ids(refused))
    bad = [o for o in view.ended(name) if o.data.get("server_key")]
    if bad:
        return step(name, StepState.FAIL, "no answer to our greeting", ids(bad))
    good = view.at_least(name)
    if not good:
        return not_yet(check, name)
    limit = next((o.data["limit_bytes_per_s"] for o in good if o.data.get("limit_bytes_per_s")), 0)
    return step(name, StepState.OK, f"{limit / 1000:,.0f} kB/s a client" if limit else "", ids(good))
