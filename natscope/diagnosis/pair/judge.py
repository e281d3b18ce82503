"""Causes that take both sides, judged on what is known of two nodes.

A module of the catalogue takes part by having `pair_evidence(facts)` and `pair_against(facts)`; those whose cause has
`sides=2` have nothing else, others speak of one report too. As in `engine.py`, an unknown contradiction keeps silent.
"""

from __future__ import annotations

import functools
from typing import Protocol, cast

from natscope.diagnosis.catalogue import entries
from natscope.diagnosis.cause import Cause, Support
from natscope.diagnosis.claim import Claim
from natscope.diagnosis.dominance import settle
from natscope.diagnosis.pair.facts import PairFacts
from natscope.diagnosis.pair.support import PairSupport
from natscope.model.pair import Blame
from natscope.model.tri import Tri


class PairCauseModule(Protocol):
    """What such a file defines beside its docstring."""

    CAUSE: Cause

    def pair_evidence(self, facts: PairFacts) -> Support:
        """What speaks for the cause."""
        ...

    def pair_against(self, facts: PairFacts) -> Support:
        """What contradicts it."""
        ...


def judge_pair(facts: PairFacts) -> tuple[Claim, ...]:
    """Every cause that holds, in the order of the catalogue, hidden ones included."""
    claims = (pair_claim(module, facts) for module in pair_modules())
    return tuple(claim for claim in claims if claim is not None)


def pair_claim(module: PairCauseModule, facts: PairFacts) -> Claim | None:
    """That one cause, where it holds."""
    support = module.pair_evidence(facts)
    holds = support.holds is Tri.YES and module.pair_against(facts).holds is Tri.NO
    return Claim(module.CAUSE, support) if holds else None


def settled_pair(facts: PairFacts) -> tuple[Claim, ...]:
    """Those that stand, worst first."""
    return settle(judge_pair(facts))


@functools.cache
def pair_modules() -> tuple[PairCauseModule, ...]:
    """Loads the whole catalogue once."""
    loaded = (entry.load() for entry in entries())
    return tuple(cast(PairCauseModule, module) for module in loaded if hasattr(module, "pair_evidence"))


def blame(claim: Claim) -> Blame:
    """On whose side it lies."""
    return claim.support.blame if isinstance(claim.support, PairSupport) else Blame.UNKNOWN


def short(claim: Claim) -> str:
    """In the words of a table cell; empty where the cause has none."""
    return claim.support.short if isinstance(claim.support, PairSupport) else ""
