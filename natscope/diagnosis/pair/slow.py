"""What is wrong with a way that works: detours, tunnels, patterns of loss. None of it says why a way is not direct."""

from __future__ import annotations

from natscope.diagnosis.dominance import settle
from natscope.diagnosis.pair.facts import PairFacts
from natscope.diagnosis.pair.judge import pair_claim
from natscope.model.finding import Finding


def slow_findings(facts: PairFacts) -> tuple[Finding, ...]:
    """Those that hold, worst first; without loading the whole catalogue, since every ping asks."""
    from natscope.diagnosis.causes.perf import perf_02_detour, perf_04_inside_tunnel, perf_06_periodic_loss

    claims = (pair_claim(module, facts) for module in (perf_02_detour, perf_04_inside_tunnel, perf_06_periodic_loss))
    return tuple(claim.finding() for claim in settle([claim for claim in claims if claim is not None]))
