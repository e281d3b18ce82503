"""Configuration files and variables: can they be read, do they say something that has no effect."""

from __future__ import annotations

from natscope.doctor.check import Check, Outcome, fail, ok, skip, warn
from natscope.doctor.checks._words import listed
from natscope.doctor.facts import DoctorFacts
from natscope.model.doctor import Group, Remedy

CHECK = Check("settings", Group.NATSCOPE, 40)


def judge(facts: DoctorFacts) -> Outcome:
    """An error stops every command, a warning does not."""
    configs = facts.own.configs
    if not configs:
        return skip("settings were not looked at")
    errors = [config.error for config in configs if config.error]
    if errors:
        return fail(
            "settings cannot be used" if len(errors) > 1 else errors[0],
            "; ".join(errors) if len(errors) > 1 else "Every natscope command stops at it.",
            Remedy(do="Correct it; a commented file with every setting:", command="natscope config template"),
        )
    warnings = [warning for config in configs for warning in config.warnings]
    if warnings:
        return warn(
            "a setting has no effect" if len(warnings) == 1 else f"{len(warnings)} settings have no effect",
            "; ".join(warnings),
            Remedy(do="Correct or remove it.", command="natscope config check"),
        )
    there = [config.path for config in configs if config.there]
    return ok(f"settings are read from {listed(there)}" if there else "settings: defaults, no file")
