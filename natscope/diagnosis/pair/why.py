"""Why a cause that takes both sides is claimed of a pair, or is not, down to the observations of both reports."""

from __future__ import annotations

from typing import cast

from natscope.diagnosis.catalogue import find
from natscope.diagnosis.dominance import settle
from natscope.diagnosis.pair.facts import PairFacts
from natscope.diagnosis.pair.judge import PairCauseModule, judge_pair
from natscope.diagnosis.why import Chain, hiding, standing
from natscope.errors import UserError
from natscope.model.observation import Observation
from natscope.model.report import Report

PEER_PREFIX = "peer:"
"""Before the ids of the other side's observations, as `from_report` cites them."""


def why_pair(facts: PairFacts, peer: Report | None, cause_id: str) -> Chain:
    """The chain of one cause; `peer` is the other side's report, None where only the mesh tells of it.

    Raises `UserError` for an id that nobody has, and for a cause that is about one side alone.
    """
    entry = find(cause_id)
    found = entry.load()
    if not hasattr(found, "pair_evidence"):
        hint = f"natscope report view A.json --why {entry.id}"
        raise UserError(f"{entry.id} is about one side alone: its own report tells", hint=hint)
    module = cast(PairCauseModule, found)
    support, against = module.pair_evidence(facts), module.pair_against(facts)
    judged = judge_pair(facts)
    claims = settle(judged)
    state = standing(module.CAUSE, support, against, {claim.cause.id for claim in claims})
    by_id = _observations(facts.report, "") | _observations(peer, PEER_PREFIX)
    cited = [*support.evidence, *against.evidence]
    return Chain(
        found, state, support, against, hiding(state, module.CAUSE, claims, judged),
        {name: by_id[name] for name in cited if name in by_id},
    )  # fmt: skip


def _observations(report: Report | None, prefix: str) -> dict[str, Observation]:
    return {f"{prefix}{o.id}": o for o in report.observations} if report is not None else {}
