"""A cause that the facts support, judged: its support and the certainty computed from it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import msgspec

from natscope.diagnosis.cause import Cause, Support
from natscope.model.finding import Certainty, Finding, Fix, Severity

WHOLE_NETCHECK = "natscope netcheck"
BOTH_SIDES = "natscope path PEER"
"""Judges again what takes both sides."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One cause that holds in a report."""

    cause: Cause
    support: Support

    @property
    def severity(self) -> Severity:
        """The case's own, else the cause's."""
        return self.support.severity or self.cause.severity

    @property
    def certainty(self) -> Certainty:
        """Computed from the grounds."""
        return self.support.certainty

    @property
    def hides(self) -> tuple[str, ...]:
        """What cannot be judged because of it, in words; a claim that hides nothing hides no other claim either."""
        return self.cause.hides if self.support.hides is None else self.support.hides

    @property
    def refines(self) -> tuple[str, ...]:
        """Ids of causes that say the same less exactly."""
        return self.cause.refines if self.support.refines is None else self.support.refines

    @property
    def minor(self) -> bool:
        """Whether it is true of many sound networks."""
        return self.cause.minor if self.support.minor is None else self.support.minor

    @property
    def missing(self) -> tuple[str, ...]:
        """What would tell more: nothing where it is certain."""
        return () if self.certainty is Certainty.CERTAIN else self.support.missing

    @property
    def fixes(self) -> tuple[Fix, ...]:
        """The case's own, else the cause's."""
        return self.cause.fixes if self.support.fixes is None else self.support.fixes

    def with_fixes(self, fixes: tuple[Fix, ...]) -> Claim:
        """The same claim, ended in another way."""
        return replace(self, support=replace(self.support, fixes=fixes))

    def finding(self) -> Finding:
        """What the report says about it."""
        return Finding(
            id=self.cause.id,
            severity=self.severity,
            title=self.support.title or self.cause.title,
            certainty=self.certainty,
            evidence=self.support.evidence,
            fixes=tuple(self._verified(fix) for fix in self.fixes),
            detail=self.support.detail,
            hides=self.hides,
            missing=self.missing,
            minor=self.minor,
        )

    def _verified(self, fix: Fix) -> Fix:
        """What a whole netcheck would show, a check of this finding alone shows sooner; of both sides it shows half."""
        if fix.verify != WHOLE_NETCHECK:
            return fix
        shows = BOTH_SIDES if self.cause.sides == 2 else f"natscope check {self.cause.id}"
        return msgspec.structs.replace(fix, verify=shows)
