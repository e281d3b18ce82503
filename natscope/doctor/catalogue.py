"""The checks, found by their files: a new check is a new file in `checks/` and nothing else."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Sequence
from typing import Protocol, cast

from natscope.doctor import checks
from natscope.doctor.check import Check, Outcome
from natscope.doctor.facts import DoctorFacts
from natscope.errors import UserError
from natscope.model.doctor import CheckResult, CheckState, Counts, Group

_GROUPS = tuple(Group)


class CheckModule(Protocol):
    """What a file in `checks/` defines."""

    CHECK: Check

    def judge(self, facts: DoctorFacts) -> Outcome:
        """Look at the facts."""
        ...


def all_checks() -> tuple[CheckModule, ...]:
    """Every check in the order of the screen."""
    names = sorted(info.name for info in pkgutil.iter_modules(checks.__path__) if not info.name.startswith("_"))
    modules = [cast(CheckModule, importlib.import_module(f"{checks.__name__}.{name}")) for name in names]
    return tuple(sorted(modules, key=lambda m: (_GROUPS.index(m.CHECK.group), m.CHECK.order, m.CHECK.name)))


def chosen_checks(only: Sequence[str], online: bool) -> tuple[CheckModule, ...]:
    """Those named in `only` (checks or groups), or all; those that use the network only with `online`.

    Raises `UserError` for a name that nobody has.
    """
    modules = all_checks()
    known = [*_GROUPS, *(module.CHECK.name for module in modules)]
    unknown = next((name for name in only if name not in known), None)
    if unknown is not None:
        raise UserError(f'no check "{unknown}"', hint=f"there are {', '.join(known)}")
    wanted = [m for m in modules if not only or m.CHECK.name in only or m.CHECK.group in only]
    return tuple(module for module in wanted if online or not module.CHECK.online)


def judge_all(facts: DoctorFacts, modules: Iterable[CheckModule]) -> tuple[CheckResult, ...]:
    """Every check's outcome under its name."""
    return tuple(_result(module.CHECK, module.judge(facts)) for module in modules)


def count(results: Sequence[CheckResult]) -> Counts:
    """How many ended how."""
    by_state = {state: sum(result.state is state for result in results) for state in CheckState}
    return Counts(
        ok=by_state[CheckState.OK], warn=by_state[CheckState.WARN], fail=by_state[CheckState.FAIL],
        skip=by_state[CheckState.SKIP],
    )  # fmt: skip


def _result(check: Check, outcome: Outcome) -> CheckResult:
    return CheckResult(
        name=check.name, group=check.group, state=outcome.state, says=outcome.says, detail=outcome.detail,
        remedies=outcome.remedies, causes=outcome.causes,
    )  # fmt: skip
