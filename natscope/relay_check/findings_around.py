"""What is wrong beside the relaying: STUN, clocks, port 80. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from natscope.diagnosis.causes.ctl import ctl_06_clock
from natscope.diagnosis.causes.rel import rel_02_stun_closed
from natscope.model.derp_check import NodeReport, StepName, StepState
from natscope.model.finding import Severity
from natscope.model.observation import Observation, Outcome
from natscope.model.tri import Tri
from natscope.netcheck.assemble_clock import TOLERANCE_S, ClockJudgement
from natscope.relay_check.claims import Claim, checked_here, decides, fact, fix, silence
from natscope.relay_check.steps_around import amount, clock_off_s, is_stun_broken, limited_bursts, witnesses
from natscope.relay_check.view import CheckView, NodeView, ids

PLAIN_ANSWER = fix(
    "On the relay: answer /generate_204 on port 80 itself, without a redirect to HTTPS (derper: -http-port 80, and "
    "nothing in front of it there); or take CanPort80 out of the map.",
    "10 min",
    undo="put the old line back",
)
OPEN_80 = fix("On the relay: open TCP port 80; or take CanPort80 out of the map.", "5 min", undo="close it")
EXEMPT = fix(
    "On the relay and its firewall: take UDP port 3478 (STUN) out of limits for floods, and let resets (RST) of dead "
    "connections out.",
    "15 min",
    effort="E3",
    undo="put the limit back",
)
CONTROL = "other relays answer over UDP"


def find_around(check: CheckView, view: NodeView, node: NodeReport, judged: ClockJudgement) -> Iterator[Claim]:
    """All of them."""
    yield from _stun(check, view, node)
    yield from _bursts(check, view)
    yield from _clock(check, view, node)
    yield from _port80(view, node)


def find_own_clock(check: CheckView, judged: ClockJudgement) -> Iterator[Claim]:
    """This computer's, where several relays agree on another time."""
    if judged.right is Tri.NO and judged.off_s is not None:
        how = "behind" if judged.off_s > 0 else "ahead of"
        yield Claim(
            "NS-CTL-06", "this computer", Severity.WARN,
            (decides("several relays tell another time, and the same", judged.evidence),), "the clock is wrong.",
            f"It is {amount(judged.off_s)} {how} the time that several relays tell.",
            checked_here((ctl_06_clock.SYNC,)),
        )  # fmt: skip


def _stun(check: CheckView, view: NodeView, node: NodeReport) -> Iterator[Claim]:
    asked = view.of("stun.binding")
    bad = [o for o in asked if is_stun_broken(check, view, o)]
    silent = [o for o in asked if o.outcome is Outcome.NO_ANSWER]
    if not bad and not (silent and len(silent) == len(asked)):
        return
    port = view.node.effective_stun_port
    if not bad:
        if not check.tcp_works() and not check.udp_answers():
            return  # nothing answered at all: that is no trouble of this port
        bad = silent
    good = any(o.outcome is Outcome.ANSWERED for o in asked)
    requests = sum(int(o.data.get("requests", 0)) for o in bad)
    told = [o for o in bad if o.outcome in (Outcome.ICMP_ERROR, Outcome.WRONG)]
    elsewhere = check.udp_answers()
    grounds = [silence("no answer on its STUN port", ids(bad))]
    if told:
        grounds = [decides("the host says that the port is closed, or answers wrongly", ids(bad))]
    if view.at_least(StepName.CONNECT):
        grounds.append(fact("it takes connections over TCP"))
    if elsewhere:
        grounds.append(fact(CONTROL, ids(elsewhere[:1])))
    where = f" over IPv{bad[0].family}" if good else ""
    yield Claim(
        "NS-REL-02", view.node.name, Severity.WARN if good else Severity.FAIL, tuple(grounds),
        f"the STUN port, UDP {port}, does not answer{where}.", _stun_words(requests, told, bool(elsewhere)),
        checked_here(rel_02_stun_closed.CAUSE.fixes),
    )  # fmt: skip


def _stun_words(requests: int, told: list[Observation], elsewhere: bool) -> str:
    count = "1 request" if requests == 1 else f"{requests} requests"
    if told and told[0].outcome is Outcome.ICMP_ERROR:
        return f"Of {count} none was answered; the host says: {told[0].summary or 'port unreachable'}."
    if told:
        return f"To {count} came a wrong answer: {told[0].summary}."
    if elsewhere:
        return f"Of {count} none was answered, while {CONTROL}: clients learn no public address from it."
    return f"Of {count} none was answered. No relay answered over UDP, so it may be this network that drops UDP."


def _bursts(check: CheckView, view: NodeView) -> Iterator[Claim]:
    """The control are single requests, all answered; bursts that pass elsewhere show that it is not this network."""
    bad = limited_bursts(view)
    if not bad:
        return
    others = [other for other in check.nodes if other.node.name != view.node.name and other.of("stun.burst")]
    passed = [other for other in others if not limited_bursts(other)]
    answered = " and ".join(str(o.data.get("answers", 0)) for o in bad[:2])
    detail = (
        f"Of {bad[0].data.get('burst')} requests within a tenth of a second {answered} were answered; single ones, "
        "before each, all were. Clients that share an address ask at once."
    )
    if passed:
        detail = f"{detail} Other relays answer such bursts."
    elif others:
        detail = f"{detail} No relay answers such bursts, so it may be this network that limits them."
    grounds = [fact("it answers single requests, before each burst", ids(bad))]
    if passed:
        seen = tuple(o.id for other in passed[:1] for o in other.of("stun.burst")[:1])
        grounds.append(fact("it loses most of a burst, while other relays answer such bursts", seen))
    elif not others:
        grounds.append(fact("it loses most of a burst each time", ids(bad)))
    yield Claim(
        "NS-REL-13", view.node.name, Severity.WARN, tuple(grounds),
        f"UDP port {view.node.effective_stun_port} answers single STUN requests, and loses most of many at once.",
        detail, (EXEMPT,),
    )  # fmt: skip


def _clock(check: CheckView, view: NodeView, node: NodeReport) -> Iterator[Claim]:
    step, off_s = node.step(StepName.CLOCK), clock_off_s(view)
    if step.state is not StepState.WARN or off_s is None or abs(off_s) <= TOLERANCE_S:
        return
    agree = witnesses(check, view)
    sure = bool(agree) or "or ours" not in step.says
    how = f"{amount(off_s)} {'ahead' if off_s > 0 else 'behind'}"
    detail = "Renewing the certificate may fail, and the log tells wrong times."
    if agree:
        detail = f"The clocks of other relays agree with this computer's. {detail}"
    grounds = [fact("its answers tell another time than this computer's", step.evidence)]
    if agree:
        grounds.append(decides("other relays agree with this computer's clock", ids(agree[:1])))
    elif sure:
        grounds.append(fact("this computer's clock is kept right"))
    yield Claim(
        "NS-CTL-06", view.node.name, Severity.WARN, tuple(grounds),
        f"the clock is {how}." if sure else f"the clock is {how}, or this computer's is wrong.", detail,
        checked_here((ctl_06_clock.THEIRS,) if sure else (ctl_06_clock.THEIRS, ctl_06_clock.SYNC)),
    )  # fmt: skip


def _port80(view: NodeView, node: NodeReport) -> Iterator[Claim]:
    step = node.step(StepName.PORT80)
    if step.state is not StepState.WARN:
        return
    bad = next(o for o in view.of("relay.port80") if o.id in step.evidence)
    says, detail = _port80_words(bad)
    state = bad.data.get("state")
    because = "Clients that look for login pages cannot use it."
    if state == "redirects":
        because = "Clients that look for login pages there will think that their network has one."
    grounds = [decides("it says so itself, by its answer or its refusal", step.evidence)]
    if state == "silent":
        grounds = [fact("no connection to port 80 comes about", step.evidence), fact(_alive(view))]
    yield Claim(
        "NS-REL-19", view.node.name, Severity.WARN, tuple(grounds), says,
        f"{detail} {because}".strip(), (OPEN_80,) if state in ("closed", "silent") else (PLAIN_ANSWER,),
    )  # fmt: skip


def _alive(view: NodeView) -> str:
    """The control for a silent port: the step warns only where there is one."""
    return "the host answers on other ports" if view.answers_anything else "other relays take connections"


def _port80_words(bad: Observation) -> tuple[str, str]:
    """What is wrong, and what was seen."""
    state, status = bad.data.get("state"), bad.data.get("status")
    if state == "redirects":
        location = bad.data.get("location")
        to = f" to {location}" if location else ""
        return "port 80 redirects.", f"/generate_204 was answered by HTTP {status}{to}."
    if state == "closed":
        return "port 80, which the map promises, is closed.", ""
    if state == "silent":
        return "port 80, which the map promises, does not answer.", ""
    told = f"HTTP {status}, without our challenge" if status else "what is no HTTP"
    return "port 80 is not answered by a relay.", f"/generate_204 was answered by {told}."
