"""The directories for state and cache: may natscope write there."""

from __future__ import annotations

from natscope.doctor.check import Check, Outcome, ok, skip, warn
from natscope.doctor.checks._words import listed
from natscope.doctor.facts import DoctorFacts
from natscope.model.doctor import Group, Remedy

CHECK = Check("folders", Group.NATSCOPE, 50)
_COST = {
    "state": "the last report is not kept, so status and ping explain less, and the home relay may flap",
    "cache": "the relay map is fetched at every run, and none is at hand without a network",
}


def judge(facts: DoctorFacts) -> Outcome:
    """Nothing stops without them, but things are forgotten."""
    if not facts.own.folders:
        return skip("directories were not looked at")
    closed = [folder for folder in facts.own.folders if not folder.writable]
    if closed:
        return warn(
            f"cannot write to {listed([folder.path for folder in closed])}",
            "; ".join(f"{f.reason}: {_COST.get(f.kind, 'what belongs there is not kept')}" for f in closed),
            *(Remedy(do=f"Make it writable for you, or name another: NATSCOPE_{f.kind.upper()}_DIR.") for f in closed),
        )
    return ok("state and cache can be written")
