"""Does an ICMP error come back to the UDP socket that caused it (IP_RECVERR on Linux)."""

from __future__ import annotations

from natscope.doctor.check import Check, Outcome, ok, skip, warn
from natscope.doctor.facts import DoctorFacts
from natscope.model.doctor import Group, Remedy
from natscope.model.tri import Tri

CHECK = Check("icmp-errors", Group.NATSCOPE, 90)


def judge(facts: DoctorFacts) -> Outcome:
    """Without them a refusal looks like silence, and hops and MTUs cannot be seen."""
    trial = facts.sockets.errors
    if trial.works is Tri.YES:
        return ok("ICMP errors reach the socket that sent")
    if trial.works is Tri.NO:
        return warn(
            f"ICMP errors do not reach sockets: {trial.reason}",
            "A refusal looks like silence, and routers on the way stay unseen.",
            Remedy(do="Let ICMP errors in: rules here may drop all ICMP."),
        )
    return skip(f"ICMP errors: {trial.reason}")
