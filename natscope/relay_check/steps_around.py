"""The steps beside a connection: STUN, clock, port 80. Pure."""

from __future__ import annotations

import msgspec

from natscope.model.derp_check import StepName, StepReport, StepState
from natscope.model.observation import Observation, Outcome
from natscope.model.tri import Tri
from natscope.netcheck.assemble_clock import TOLERANCE_S, ClockJudgement, judge_clocks
from natscope.relay_check.steps_connect import not_yet, step, without_address
from natscope.relay_check.stun_burst import ROUNDS, is_good
from natscope.relay_check.view import CheckView, NodeView, ids

DATES_FAIL = ("certificate-expired", "certificate-not-yet-valid")
MANY_S = 120.0


def stun_step(check: CheckView, view: NodeView) -> StepReport:
    """Does its UDP port answer?"""
    name = StepName.STUN
    if view.node.effective_stun_port is None:
        return step(name, StepState.NOT_ASKED, "the map says: none")
    asked = view.of("stun.binding")
    if not asked:
        lacks, no_way = without_address(check, view), view.of("derp.no-way")
        if lacks:
            return step(name, StepState.UNKNOWN, lacks, ids(view.of("dns.lookup")))
        return step(name, StepState.UNKNOWN, no_way[0].summary, ids(no_way)) if no_way else not_yet(check, name)
    good = [o for o in asked if o.outcome is Outcome.ANSWERED]
    bad = [o for o in asked if is_stun_broken(check, view, o)]
    if bad and good:
        return step(name, StepState.WARN, f"{_fastest(good)}, not over IPv{bad[0].family}", ids(bad))
    if good:
        limited = limited_bursts(view)
        if limited:
            return step(name, StepState.WARN, f"{_fastest(good)}, few at once", ids(limited))
        return step(name, StepState.OK, _fastest(good), ids(good))
    if bad:
        return step(name, StepState.FAIL, _short(bad[0]), ids(bad))
    local = all(o.outcome is Outcome.LOCAL_ERROR for o in asked)
    return step(name, StepState.UNKNOWN, "this computer did not let it out" if local else "no answer", ids(asked))


def is_stun_broken(check: CheckView, view: NodeView, observation: Observation) -> bool:
    """Whether that failure is the relay's: it said so, or it is silent while its host answers otherwise.

    A family in which nothing at all answers is this network's matter.
    """
    if observation.outcome in (Outcome.ANSWERED, Outcome.LOCAL_ERROR, Outcome.CANCELLED):
        return False
    if observation.outcome in (Outcome.WRONG, Outcome.ICMP_ERROR):
        return True
    elsewhere = check.udp_answers(observation.family) or check.tcp_works(observation.family)
    return bool(view.answers_anything and elsewhere)


def limited_bursts(view: NodeView) -> tuple[Observation, ...]:
    """Bursts to one address of which most got lost twice, while all single requests before both were answered."""
    by_target: dict[str, list[Observation]] = {}
    for burst in view.of("stun.burst"):
        by_target.setdefault(burst.target, []).append(burst)
    found: list[Observation] = []
    for bursts in by_target.values():
        bad = [o for o in bursts if not is_good(int(o.data.get("burst", 0)), int(o.data.get("answers", 0)))]
        found += bad if len(bad) == ROUNDS else []
    return tuple(found)


def _fastest(good: list[Observation]) -> str:
    times = [o.rtt_ms for o in good if o.rtt_ms is not None]
    return f"{min(times):.1f} ms" if times else ""


def _short(observation: Observation) -> str:
    if observation.outcome is Outcome.ICMP_ERROR:
        return "port closed" if observation.error == "refused" else observation.error.replace("-", " ")
    return "wrong answer" if observation.outcome is Outcome.WRONG else "no answer"


def clocks(check: CheckView) -> ClockJudgement:
    """All relays beside this computer's clock; what a certificate proves, or fails to by its dates alone, counts."""
    told = []
    for view in check.nodes:
        codes = {o.error for o in view.firsts if o.error}
        for observation in view.of("derp.page"):
            if observation.data.get("proved") or (codes and codes <= set(DATES_FAIL)):
                told.append(msgspec.structs.replace(observation, kind="relay.check", outcome=Outcome.ANSWERED))
    return judge_clocks(told)


def clock_off_s(view: NodeView) -> float | None:
    """How far its clock is ahead of ours."""
    told = [o.data["clock_off_s"] for o in view.of("derp.page") if isinstance(o.data.get("clock_off_s"), int | float)]
    return float(told[0]) if told else None


def clock_step(check: CheckView, view: NodeView, judged: ClockJudgement) -> StepReport:
    """Is its clock right?"""
    name = StepName.CLOCK
    pages = view.of("derp.page")
    off_s = clock_off_s(view)
    if off_s is None:
        if not pages:
            return not_yet(check, name)
        return step(name, StepState.UNKNOWN, "it tells no time", ids(pages))
    if abs(off_s) <= TOLERANCE_S:
        return step(name, StepState.OK, "right" if abs(off_s) < 2 else f"{abs(off_s):.0f} s off", ids(pages))
    words = f"{amount(off_s)} {'ahead' if off_s > 0 else 'behind'}"
    if judged.right is Tri.NO and view.node.name not in judged.wrong:
        return step(name, StepState.UNKNOWN, "this computer's clock is wrong", ids(pages))
    sure = view.node.name in judged.wrong or witnesses(check, view) or check.record.clock_synchronised
    return step(name, StepState.WARN, words if sure else f"{words}, or ours", ids(pages))


def witnesses(check: CheckView, view: NodeView) -> tuple[Observation, ...]:
    """Other relays whose clocks agree with this computer's: two against one."""
    told = ((other, clock_off_s(other)) for other in check.nodes if other.node.name != view.node.name)
    agree = [other for other, off_s in told if off_s is not None and abs(off_s) <= TOLERANCE_S]
    return tuple(o for other in agree for o in other.of("derp.page"))


def amount(seconds: float) -> str:
    """`74 s`, `12 min`, `3 h`, `2 days`."""
    size = abs(seconds)
    for limit, unit_s, unit in ((MANY_S, 1, "s"), (7200.0, 60, "min"), (172_800.0, 3600, "h")):
        if size < limit:
            return f"{size / unit_s:.0f} {unit}"
    return f"{size / 86_400:,.0f} days"


def port80_step(check: CheckView, view: NodeView) -> StepReport:
    """Does the plain port answer what clients ask to notice login pages?"""
    name = StepName.PORT80
    if not view.node.can_port80:
        return step(name, StepState.NOT_ASKED, "the map does not promise it")
    asked = view.of("relay.port80")
    if not asked:
        return not_yet(check, name)
    bad = [o for o in asked if o.data.get("state") not in ("answers", "silent")]
    silent = [o for o in asked if o.data.get("state") == "silent"]
    if not bad and silent and (view.answers_anything or check.tcp_works()):
        bad = silent
    if bad:
        return step(name, StepState.WARN, short_port80(bad[0]), ids(bad))
    if silent:
        return step(name, StepState.UNKNOWN, "no answer", ids(silent))
    return step(name, StepState.OK, "answers", ids(asked))


def short_port80(observation: Observation) -> str:
    """What is wrong, in a few words for a table."""
    state = observation.data.get("state")
    if state == "redirects":
        return "redirects"
    if state == "closed":
        return "closed"
    if state == "silent":
        return "no answer"
    status = observation.data.get("status")
    return f"HTTP {status}, not 204" if status and status != 204 else "not the relay's answer"
