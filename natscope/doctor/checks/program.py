"""natscope itself: version, Python, and does everything load that it needs."""

from __future__ import annotations

from natscope.doctor.check import Check, Outcome, fail, ok, skip
from natscope.doctor.checks._words import listed
from natscope.doctor.facts import DoctorFacts
from natscope.model.doctor import Group, Remedy

CHECK = Check("program", Group.NATSCOPE, 10)


def judge(facts: DoctorFacts) -> Outcome:
    """Every part that is not optional."""
    own = facts.own
    if not own.version:
        return skip("natscope did not look at itself")
    needed = [part for part in own.parts if not part.extra]
    broken = [part for part in needed if part.error]
    named = f"natscope {own.version}, Python {own.python}"
    if broken:
        return fail(
            f"{named}: {listed([part.name for part in broken])} cannot be loaded",
            "; ".join(f"{part.name}: {part.error}" for part in broken),
            Remedy(do="Install natscope again.", command="pip install --force-reinstall natscope"),
        )
    return ok(f"{named}, all parts load")
