"""What one area of the assembly contributes to a family's NAT report: values, reasons, evidence; merged without order.

Of two parts that give one field a value the later one wins, `unknown` included; a reason falls away where the value is
known in the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

import msgspec

from natscope.host.api import LinkFacts
from natscope.model.endpoint import Family
from natscope.model.observation import Observation
from natscope.model.report import NatFamilyReport

MAX_EVIDENCE = 64


class NatInputs(msgspec.Struct, frozen=True, kw_only=True):
    """What a part may look at, about one family. `links` is None when nobody looked at the interfaces."""

    family: Family
    observations: Sequence[Observation]
    links: LinkFacts | None = None


class NatPart(msgspec.Struct, frozen=True, kw_only=True):
    """`values` are report fields; `reasons` say per field why it is unknown; `evidence` are observation ids."""

    values: dict[str, Any] = {}
    reasons: dict[str, str] = {}
    evidence: tuple[str, ...] = ()


PartMaker: TypeAlias = Callable[[NatInputs], NatPart]


def merge(parts: Iterable[NatPart]) -> NatFamilyReport:
    """One report. Raises `TypeError` for a field that the report does not have."""
    values: dict[str, Any] = {}
    reasons: dict[str, str] = {}
    evidence: dict[str, None] = {}
    for part in parts:
        values |= part.values
        reasons |= {field: words for field, words in part.reasons.items() if words}
        evidence |= dict.fromkeys(part.evidence)
    open_ = {field: words for field, words in reasons.items() if not is_known(values.get(field))}
    return NatFamilyReport(**values, reasons=open_, evidence=tuple(evidence)[:MAX_EVIDENCE])


def is_known(value: object) -> bool:
    """Whether a field says anything: not None, not empty, not the word `unknown`."""
    return value not in (None, "", (), "unknown")


def unknown(fields: Iterable[str], words: str) -> NatPart:
    """A part that knows nothing of these fields, for one reason."""
    return NatPart(reasons=dict.fromkeys(fields, words))
