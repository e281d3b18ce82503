"""Facts to findings to a verdict: a pure function of the report.

A cause is claimed when its evidence holds and what would contradict it was looked at and does not. An unknown
contradiction keeps it silent, so that taking a fact away never makes a claim more certain.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from natscope.diagnosis.catalogue import CauseModule, entries
from natscope.diagnosis.claim import Claim
from natscope.diagnosis.dominance import settle
from natscope.diagnosis.facts import Facts
from natscope.diagnosis.verdict import decide
from natscope.model.report import Report
from natscope.model.tri import Tri


def diagnose(report: Report) -> Report:
    """The report with findings and verdict; those it had before are not looked at."""
    facts = Facts(report)
    claims = settle(judge(facts))
    findings = tuple(claim.finding() for claim in claims)
    return msgspec.structs.replace(report, findings=findings, verdict=decide(facts, claims))


def judge(facts: Facts, modules: Sequence[CauseModule] | None = None) -> tuple[Claim, ...]:
    """Every cause that holds, in the order of the catalogue, hidden ones included."""
    chosen = [entry.load() for entry in entries()] if modules is None else modules
    claims = (weigh(module, facts) for module in chosen)
    return tuple(claim for claim in claims if claim is not None)


def weigh(module: CauseModule, facts: Facts) -> Claim | None:
    """One cause: claimed, or not; what takes two sides is none of one report's."""
    if module.CAUSE.sides == 2:
        return None
    support = module.evidence(facts)
    if support.holds is not Tri.YES or module.against(facts).holds is not Tri.NO:
        return None
    return Claim(module.CAUSE, support)
