"""May this user read the packet filter and its counters."""

from __future__ import annotations

from natscope.doctor.check import Check, Outcome, ok, skip, warn
from natscope.doctor.facts import DoctorFacts
from natscope.model.doctor import Group, Remedy

CHECK = Check("firewall-rules", Group.NATSCOPE, 100)
_UNASKED = "it was not looked at"


def judge(facts: DoctorFacts) -> Outcome:
    """Counters are what makes "dropped here" certain."""
    firewall = facts.firewall
    if firewall.rules is not None:
        rules = firewall.rules.rules
        if firewall.partly:
            return warn(
                f"only a part of the packet filter can be read: {firewall.partly}",
                "A rule in the other part may drop packets, and no finding would name it.",
                Remedy(do="Install the program that is missing, or look at those rules yourself.", who="you, as root"),
            )
        return ok(f"packet filter can be read: {rules} rule{'s' if rules != 1 else ''} with counters")
    if facts.setup.is_root is False:
        return warn(
            f"no permission to read firewall counters: {firewall.reason}",
            'Findings about packets dropped here stay "likely" instead of "certain".',
            Remedy(do="Where that matters, measure as root.", who="you, as root", command="sudo natscope netcheck"),
        )
    return skip(f"packet filter: {firewall.reason}")
