"""Optional parts of natscope: those that are installed must load; those that are not are named."""

from __future__ import annotations

from natscope.doctor.check import Check, Outcome, ok, skip, warn
from natscope.doctor.checks._words import listed
from natscope.doctor.facts import DoctorFacts
from natscope.model.doctor import Group, Remedy

CHECK = Check("extras", Group.NATSCOPE, 20)


def judge(facts: DoctorFacts) -> Outcome:
    """An extra that is broken costs what it would give."""
    extras = [part for part in facts.own.parts if part.extra]
    broken = [part for part in extras if part.error]
    if broken:
        return warn(
            f"optional parts cannot be loaded: {listed([part.name for part in broken])}",
            "; ".join(f"{part.name}: {part.error}" for part in broken),
            *(Remedy(do=f"Install {p.name} again.", command=f"pip install --force-reinstall 'natscope[{p.extra}]'")
              for p in broken),
        )  # fmt: skip
    missing = [part for part in extras if not part.version]
    if missing:
        told = listed([f"{part.name} (natscope[{part.extra}])" for part in missing])
        return skip(f"optional and not installed: {told}")
    return ok(f"optional parts load: {listed([part.name for part in extras])}") if extras else skip("there are none")
