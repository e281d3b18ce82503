"""Is the clock kept right, as the kernel says."""

from __future__ import annotations

from natscope.doctor.check import Check, Outcome, ok, skip, warn
from natscope.doctor.checks._words import root_remedy
from natscope.doctor.facts import DoctorFacts
from natscope.model.doctor import Group

CHECK = Check("clock", Group.NATSCOPE, 120)


def judge(facts: DoctorFacts) -> Outcome:
    """A wrong clock makes certificates invalid and keys end early."""
    kept = facts.system.clock_synchronised
    if kept is None:
        return skip(f"clock: {facts.system.unread.get('clock_synchronised', 'not told')}")
    if kept:
        return ok("clock is kept right (the kernel says so); --online compares it")
    return warn(
        "the kernel says that nothing keeps this computer's clock right",
        "A clock that drifts makes TLS certificates invalid and node keys end early; --online says how far it is off.",
        root_remedy(facts, "Turn on time synchronisation.", "timedatectl set-ntp true"),
        causes=("NS-CTL-06",),
    )
