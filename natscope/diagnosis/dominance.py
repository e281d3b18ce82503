"""Which claims stand once the dominating ones are known, and in which order they are told.

A captive portal or blocked UDP falsifies other measurements: the causes it hides are left out, and the finding
says in words what could not be judged because of it. A cause that says the same more exactly replaces the other; one
that knows whose setting it is lends its fixes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from natscope.diagnosis.claim import Claim
from natscope.model.finding import Certainty, Fix, Severity

_SEVERITY = {Severity.FAIL: 0, Severity.WARN: 1, Severity.INFO: 2}
_CERTAINTY = {Certainty.CERTAIN: 0, Certainty.LIKELY: 1, Certainty.POSSIBLE: 2}


def settle(claims: Sequence[Claim]) -> tuple[Claim, ...]:
    """Without the hidden ones; worst first, then most certain, then those that hide something, then by id."""
    hiding = {claim.cause.id for claim in claims if claim.hides}
    refined = {name for claim in claims for name in claim.refines}
    shown = [c for c in claims if hiding.isdisjoint(c.cause.hidden_by) and c.cause.id not in refined]
    ordered = sorted(shown, key=_rank)
    lent = {name: claim.fixes for claim in reversed(ordered) for name in claim.cause.lends}
    return tuple(_with_loan(claim, lent) for claim in ordered)


def _with_loan(claim: Claim, lent: Mapping[str, tuple[Fix, ...]]) -> Claim:
    """Also where it says more exactly what the one says that the fixes are lent to."""
    name = next((name for name in (claim.cause.id, *claim.refines) if name in lent), "")
    return claim.with_fixes(lent[name]) if name else claim


def _rank(claim: Claim) -> tuple[int, int, bool, str]:
    return (_SEVERITY[claim.severity], _CERTAINTY[claim.certainty], not claim.hides, claim.cause.id)
