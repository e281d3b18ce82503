"""This clock beside a server's."""

from __future__ import annotations

from natscope.doctor.check import Check, Outcome, fail, ok, skip
from natscope.doctor.checks._words import root_remedy
from natscope.doctor.facts import DoctorFacts
from natscope.model.doctor import Group

CHECK = Check("clock-online", Group.NATSCOPE, 130, online=True)
TOLERANCE_S = 30.0
"""The header has whole seconds, and an answer takes some."""


def judge(facts: DoctorFacts) -> Outcome:
    """One server alone may be wrong itself, and then the sentence names it."""
    clock = facts.clock
    if clock is None or clock.off_s is None:
        return skip(f"clock: {clock.reason if clock is not None else 'no server was asked'}")
    if abs(clock.off_s) <= TOLERANCE_S:
        return ok(f"clock is right: {abs(clock.off_s):.0f} s from {clock.server}")
    way = "behind" if clock.off_s > 0 else "ahead of"
    return fail(
        f"this computer's clock is {abs(clock.off_s):.0f} s {way} {clock.server}'s",
        "Unless that server's is wrong: TLS certificates may seem invalid, and node keys end at another time.",
        root_remedy(facts, "Set the clock.", "timedatectl set-ntp true"),
        causes=("NS-CTL-06",),
    )
