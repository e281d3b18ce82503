"""UDP and TCP sockets on loopback, as this user."""

from __future__ import annotations

from natscope.doctor.check import Check, Outcome, fail, ok, skip
from natscope.doctor.facts import DoctorFacts
from natscope.model.doctor import Group, Remedy
from natscope.model.tri import Tri

CHECK = Check("sockets", Group.NATSCOPE, 70)


def judge(facts: DoctorFacts) -> Outcome:
    """Without UDP nothing can be measured; without TCP no relay can be asked."""
    trials = {"UDP": facts.sockets.udp, "TCP": facts.sockets.tcp}
    broken = {name: trial for name, trial in trials.items() if trial.works is Tri.NO}
    if broken:
        return fail(
            f"{' and '.join(broken)} on loopback do{'es' if len(broken) == 1 else ''} not work",
            "; ".join(f"{name}: {trial.reason}" for name, trial in broken.items()),
            Remedy(do="Look for a firewall, a sandbox or a security module that forbids sockets to this user."),
        )
    unknown = {name: trial for name, trial in trials.items() if trial.works is Tri.UNKNOWN}
    if unknown:
        return skip("; ".join(f"{name}: {trial.reason}" for name, trial in unknown.items()))
    return ok("UDP and TCP sockets work")
