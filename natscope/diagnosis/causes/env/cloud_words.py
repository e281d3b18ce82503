"""What the causes about clouds ask of a report."""

from __future__ import annotations

from natscope.diagnosis.cause import Ground, Strength
from natscope.diagnosis.facts import Facts, is_public
from natscope.model.endpoint import Family

MISSING = "what this computer says about itself (host_facts)"
FAMILY: Family = 4


def machine(facts: Facts) -> Ground | None:
    """The firmware names a cloud, and this computer's own address is not the one that relays see."""
    computer = facts.report.surroundings.computer
    if not computer.cloud or any(is_public(text) for text in facts.report.ipv4.local):
        return None
    return Ground(Strength.FACT, f"this is a virtual machine of {computer.cloud}", computer.evidence)


def is_known(facts: Facts) -> bool:
    """Whether the computer was looked at."""
    return facts.report.surroundings.computer.cloud is not None
