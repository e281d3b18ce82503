"""Plug-ins (probes, formats, scenarios): does each one load."""

from __future__ import annotations

from natscope.doctor.check import Check, Outcome, ok, skip, warn
from natscope.doctor.facts import DoctorFacts
from natscope.model.doctor import Group, Remedy

CHECK = Check("plugins", Group.NATSCOPE, 30)


def judge(facts: DoctorFacts) -> Outcome:
    """A plug-in that fails is left out of every run; the rest goes on."""
    own = facts.own
    if not own.plugins and not own.broken_plugins:
        return skip("plug-ins were not looked for")
    if own.broken_plugins:
        return warn(
            f"{len(own.broken_plugins)} of {own.plugins + len(own.broken_plugins)} plug-ins cannot be used",
            "; ".join(own.broken_plugins[:5]),
            Remedy(do="Update or remove the package that brings it."),
        )
    strangers = f", {own.strangers} of them from other packages" if own.strangers else ""
    return ok(f"{own.plugins} plug-ins load{strangers}")
