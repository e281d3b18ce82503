"""ICMP echo without root."""

from __future__ import annotations

from natscope.doctor.check import Check, Outcome, ok, skip, warn
from natscope.doctor.checks._words import root_remedy
from natscope.doctor.facts import DoctorFacts
from natscope.model.doctor import Group, Remedy
from natscope.model.tri import Tri

CHECK = Check("ping", Group.NATSCOPE, 80)


def judge(facts: DoctorFacts) -> Outcome:
    """Linux lets groups ping that stand in ping_group_range (icmp(7))."""
    trial = facts.sockets.ping
    if trial.works is Tri.YES:
        return ok("ping works" if facts.setup.is_root else "ping works without root")
    if trial.denied:
        return warn(
            "this user may not ping",
            'Relays that stay silent are not pinged, so some findings stay "likely".',
            root_remedy(facts, "Let everybody ping.", 'sysctl -w net.ipv4.ping_group_range="0 2147483647"'),
        )
    if trial.works is Tri.NO:
        return warn(
            f"ping on loopback does not work: {trial.reason}",
            "Something here drops ICMP.",
            Remedy(
                do="See whether the kernel ignores pings: 1 says so.", command="sysctl net.ipv4.icmp_echo_ignore_all"
            ),
            Remedy(do="If it does not, let ICMP in: a rule here may drop it."),
        )
    return skip(f"ping: {trial.reason}")
