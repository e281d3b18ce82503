"""What is wrong with a way that works: detours, tunnels, patterns of loss. None of it says why a way is not direct."""

from __future__ import annotations

from natscope.diagnosis.claim import Claim
from natscope.diagnosis.dominance import settle
from natscope.diagnosis.pair.facts import PairFacts
from natscope.model.finding import Finding
from natscope.model.tri import Tri

NO_REASON = frozenset({"NS-PERF-02", "NS-PERF-06"})
"""Causes of pairs that explain slowness or loss, and never that packets go through a relay."""


def slow_findings(facts: PairFacts) -> tuple[Finding, ...]:
    """Those that hold, worst first; without loading the whole catalogue, since every ping asks."""
    from natscope.diagnosis.causes.perf import perf_02_detour, perf_04_inside_tunnel, perf_06_periodic_loss

    claims = []
    for module in (perf_02_detour, perf_04_inside_tunnel, perf_06_periodic_loss):
        support = module.pair_evidence(facts)
        if support.holds is Tri.YES and module.pair_against(facts).holds is Tri.NO:
            claims.append(Claim(module.CAUSE, support))
    return tuple(claim.finding() for claim in settle(claims))
