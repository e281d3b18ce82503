"""What a check is: a name, a place on the screen, and a function from facts to an outcome."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from natscope.model.doctor import CheckState, Group, Remedy


@dataclass(frozen=True, slots=True)
class Check:
    """`name` is stable. `order` sorts within the group: lower is shown earlier. `online`: only with `--online`."""

    name: str
    group: Group
    order: int
    online: bool = False


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a check says; the fields are those of `CheckResult`."""

    state: CheckState
    says: str
    detail: str = ""
    remedies: tuple[Remedy, ...] = ()
    causes: tuple[str, ...] = ()


def ok(says: str, detail: str = "") -> Outcome:
    """Looked at, and good."""
    return Outcome(state=CheckState.OK, says=says, detail=detail)


def warn(says: str, detail: str = "", *remedies: Remedy, causes: Sequence[str] = ()) -> Outcome:
    """May cost something; who is content may leave it."""
    return Outcome(state=CheckState.WARN, says=says, detail=detail, remedies=remedies, causes=tuple(causes))


def fail(says: str, detail: str = "", *remedies: Remedy, causes: Sequence[str] = ()) -> Outcome:
    """Something does not work."""
    return Outcome(state=CheckState.FAIL, says=says, detail=detail, remedies=remedies, causes=tuple(causes))


def skip(says: str, *remedies: Remedy) -> Outcome:
    """It could not be looked at, or there is nothing to look at: `says` is why."""
    return Outcome(state=CheckState.SKIP, says=says, remedies=remedies)
