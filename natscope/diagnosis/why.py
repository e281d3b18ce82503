"""Why a finding is claimed, or is not: grounds, what speaks against it, what hides it, down to the observations."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass

from natscope.diagnosis.catalogue import CauseModule, find
from natscope.diagnosis.cause import NOTHING, Cause, Support
from natscope.diagnosis.claim import Claim
from natscope.diagnosis.dominance import settle
from natscope.diagnosis.engine import judge
from natscope.diagnosis.facts import Facts
from natscope.model.observation import Observation
from natscope.model.report import Report
from natscope.model.tri import Tri


class Standing(enum.Enum):
    """What became of a cause in a report."""

    CLAIMED = "claimed"
    HIDDEN = "hidden"
    """It holds, but another one explains it, or falsifies what it rests on."""
    CONTRADICTED = "contradicted"
    NOT_SEEN = "not seen"
    """The facts are known and do not speak for it."""
    UNKNOWN = "unknown"
    """Something is missing that would tell."""
    TWO_SIDES = "two sides"
    """It takes the other side's report too."""


@dataclass(frozen=True, slots=True)
class Chain:
    """`hidden_by` are ids of the claims that hide it. `observations` by id: all that the grounds cite."""

    module: CauseModule
    standing: Standing
    support: Support
    against: Support
    hidden_by: tuple[str, ...]
    observations: dict[str, Observation]


def why(report: Report, cause_id: str) -> Chain:
    """The chain of one cause in one report. Raises `UserError` for an id that nobody has."""
    module = find(cause_id).load()
    facts = Facts(report)
    if module.CAUSE.sides == 2:  # it asks both sides' facts, and has no functions for one
        return Chain(module, Standing.TWO_SIDES, NOTHING, NOTHING, (), {})
    support, against = module.evidence(facts), module.against(facts)
    judged = judge(facts)
    claims = settle(judged)
    state = standing(module.CAUSE, support, against, {claim.cause.id for claim in claims})
    hidden_by = hiding(state, module.CAUSE, claims, judged)
    by_id = {observation.id: observation for observation in report.observations}
    cited = [*support.evidence, *against.evidence]
    return Chain(module, state, support, against, hidden_by, {name: by_id[name] for name in cited if name in by_id})


def hiding(state: Standing, cause: Cause, claims: Sequence[Claim], judged: Sequence[Claim]) -> tuple[str, ...]:
    """Ids of the claims that hide a cause of that state: those that stand, before those that are hidden themselves."""
    if state is not Standing.HIDDEN:
        return ()
    standing_ones = [claim for claim in claims if _hides(claim, cause)]
    return tuple(claim.cause.id for claim in standing_ones or judged if _hides(claim, cause))


def _hides(claim: Claim, other: Cause) -> bool:
    """It falsifies what the other one rests on, or says the same more exactly; as `settle` has it."""
    return (bool(claim.hides) and claim.cause.id in other.hidden_by) or other.id in claim.refines


def standing(cause: Cause, support: Support, against: Support, shown: set[str]) -> Standing:
    """What became of a cause; `shown` are the ids of the claims that stand."""
    if cause.id in shown:
        return Standing.CLAIMED
    if support.holds is Tri.NO:
        return Standing.NOT_SEEN
    if support.holds is Tri.UNKNOWN or against.holds is Tri.UNKNOWN:
        return Standing.UNKNOWN
    return Standing.CONTRADICTED if against.holds is Tri.YES else Standing.HIDDEN
