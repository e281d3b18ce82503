"""What is wrong at one node, before nodes with the same trouble are told together; and the fixes. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from natscope.diagnosis.cause import Ground, Strength, Support
from natscope.diagnosis.words import enumerated
from natscope.model.finding import Certainty, Finding, Fix, Severity
from natscope.model.tri import Tri

VERIFY = "natscope derp check"
MAX_NAMES = 3
_SEVERITIES = list(Severity)
_CERTAINTIES = list(Certainty)


@dataclass(frozen=True, slots=True)
class Claim:
    """One trouble of one node. `says` goes on after the node's name: "the certificate has expired".

    How certain it is follows from the grounds, as for causes.
    """

    id: str
    node: str
    severity: Severity
    grounds: tuple[Ground, ...]
    says: str
    detail: str
    fixes: tuple[Fix, ...]

    @property
    def support(self) -> Support:
        """The same for `diagnosis`."""
        return Support(Tri.YES, self.grounds)


def decides(says: str, evidence: tuple[str, ...] = ()) -> Ground:
    """A refusal in words, or a control beside it."""
    return Ground(Strength.DECISIVE, says, evidence)


def fact(says: str, evidence: tuple[str, ...] = ()) -> Ground:
    """One measured thing."""
    return Ground(Strength.FACT, says, evidence)


def silence(says: str, evidence: tuple[str, ...] = ()) -> Ground:
    """Nothing came back."""
    return Ground(Strength.ABSENCE, says, evidence)


def fix(do: str, duration: str, *, who: str = "relay's admin", effort: str = "E2", undo: str = "") -> Fix:
    """A fix that this check verifies."""
    return Fix(do=do, who=who, effort=effort, duration=duration, undo=undo, verify=VERIFY)


def checked_here(fixes: Iterable[Fix]) -> tuple[Fix, ...]:
    """Fixes of the catalogue of causes, to be verified by this check."""
    return tuple(msgspec.structs.replace(each, verify=VERIFY) for each in fixes)


def told(claims: Iterable[Claim]) -> tuple[Finding, ...]:
    """Findings, worst first; the same trouble of several nodes is one finding, in the order of the map."""
    groups: dict[tuple[str, str, Severity], list[Claim]] = {}
    for claim in claims:
        groups.setdefault((claim.id, claim.says, claim.severity), []).append(claim)
    findings = [_finding(group) for group in groups.values()]
    return tuple(sorted(findings, key=lambda f: (_SEVERITIES.index(f.severity), _CERTAINTIES.index(f.certainty))))


def _finding(group: list[Claim]) -> Finding:
    first = group[0]
    names = list(dict.fromkeys(claim.node for claim in group))
    shown = names if len(names) <= MAX_NAMES else [*names[: MAX_NAMES - 1], f"{len(names) - MAX_NAMES + 1} more"]
    details = list(dict.fromkeys(claim.detail for claim in group if claim.detail))
    return Finding(
        id=first.id,
        severity=first.severity,
        title=f"{enumerated(shown)}: {first.says}",
        certainty=max((claim.support.certainty for claim in group), key=_CERTAINTIES.index),
        evidence=tuple(dict.fromkeys(name for claim in group for name in claim.support.evidence)),
        fixes=first.fixes,
        detail=details[0] if details else "",
    )
