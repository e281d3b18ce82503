"""Expectations against the values of all runs: the median of numbers, the word of most runs.

What most runs did not know is inconclusive, and so is what differs from run to run: neither a pass nor a failure.
"""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from natscope.model.policy_check import ExpectationResult, Result
from natscope.model.report import Report
from natscope.policy.expectation import Expectation, Value, as_text
from natscope.policy.lookup import PeerFacts, value_of
from natscope.policy.policy_file import Policy


@dataclass(frozen=True, slots=True)
class Run:
    """One measurement: a netcheck (None: the policy asks for peers alone), and the peers that the policy asks for.

    `open_findings`: what the report does not have and could not tell either, with what is missing.
    """

    report: Report | None
    peers: Mapping[str, PeerFacts]
    open_findings: Mapping[str, str] = field(default_factory=dict)


def judge(policy: Policy, runs: Sequence[Run]) -> tuple[ExpectationResult, ...]:
    """Every expectation in the order of the file; `runs` are at least one."""
    return tuple(_judged(each, runs, policy.tolerance) for each in policy.expectations)


def worst(results: Sequence[ExpectationResult]) -> Result:
    """A failure before what is inconclusive, that before a pass."""
    found = {each.result for each in results}
    return next((r for r in (Result.FAILED, Result.INCONCLUSIVE) if r in found), Result.PASSED)


def _judged(expectation: Expectation, runs: Sequence[Run], tolerance: float) -> ExpectationResult:
    values, reasons = zip(*(_value(expectation, run) for run in runs), strict=True)
    known = [value for value in values if value is not None]
    told = ExpectationResult(
        name=expectation.name,
        expected=expectation.text,
        result=Result.INCONCLUSIVE,
        seen=tuple(as_text(value) for value in values),
        line=expectation.line,
    )
    if 2 * len(known) <= len(values):
        return _with(told, Result.INCONCLUSIVE, "", next((r for r in reasons if r), "it is not known"))
    if expectation.is_number:
        return _number(told, expectation, known, tolerance)
    return _word(told, expectation, known, tolerance, len(values))


def _value(expectation: Expectation, run: Run) -> tuple[Value, str]:
    """A finding that nobody could see is not absent, unless another one of the list is there."""
    value, reason = value_of(expectation.path, run.report, run.peers)
    if expectation.path == ("findings", "absent") and isinstance(value, tuple):
        unseen = [name for name in expectation.words if name in run.open_findings]
        if unseen and not set(value) & set(expectation.words):
            return None, f"{unseen[0]} could not be judged: {run.open_findings[unseen[0]]}"
    return value, reason


def _number(
    told: ExpectationResult, expectation: Expectation, known: Sequence[Value], tolerance: float
) -> ExpectationResult:
    numbers = [value for value in known if isinstance(value, float)]
    if len(numbers) != len(known):
        return _with(told, Result.INCONCLUSIVE, as_text(known[0]), "it is no number")
    median = statistics.median(numbers)
    met = expectation.meets(median, tolerance)
    how = f"the median of {len(numbers)}" if len(numbers) > 1 else ""
    if median == math.inf:
        how = "most runs got no answer" if len(numbers) > 1 else "it did not answer, others did"
    return _with(told, Result.PASSED if met else Result.FAILED, as_text(float(median)), how)


def _word(
    told: ExpectationResult, expectation: Expectation, known: Sequence[Value], tolerance: float, runs: int
) -> ExpectationResult:
    """More than half of all runs must say the same of it."""
    met = [value is not None and expectation.meets(value, tolerance) for value in known]
    value = Counter(as_text(each) for each in known).most_common(1)[0][0]
    if 2 * sum(met) > runs:
        return _with(told, Result.PASSED, value, "" if all(met) else f"in {sum(met)} of {runs} runs")
    missed = len(met) - sum(met)
    if 2 * missed > runs:
        return _with(told, Result.FAILED, value, "" if missed == runs else f"in {missed} of {runs} runs")
    return _with(told, Result.INCONCLUSIVE, value, "it differs from run to run")


def _with(told: ExpectationResult, result: Result, value: str, reason: str) -> ExpectationResult:
    return ExpectationResult(
        name=told.name,
        expected=told.expected,
        result=result,
        value=value,
        seen=told.seen,
        reason=reason,
        line=told.line,
    )
