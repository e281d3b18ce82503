"""What `natscope check` found: each expectation of a policy, whether it holds, and what that rests on.

`natscope.check/1`: fields are only added within major 1.
"""

from __future__ import annotations

import enum

import msgspec

SCHEMA = "natscope.check/1"


class Result(enum.StrEnum):
    """`INCONCLUSIVE`: what was expected was not measured, is unknown, or differs from run to run."""

    PASSED = "passed"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"


class ExpectationResult(msgspec.Struct, frozen=True, kw_only=True):
    """One expectation. `seen` are the values of all runs as text (`unknown` where a run did not know), `value` what
    they come to: the median of numbers, the word of most runs, empty where neither is there. `reason` is for people.
    """

    name: str
    expected: str
    result: Result
    value: str = ""
    seen: tuple[str, ...] = ()
    reason: str = ""
    line: int = 0


class PolicyCheck(msgspec.Struct, frozen=True, kw_only=True):
    """One check. `policy` is the file's name; `runs` how often was measured; `result` the worst, failures first.

    `sentence` is the answer in one line, `verdict` that of the last run's netcheck.
    """

    schema: str
    natscope: str
    policy: str
    started_at: str
    duration_ms: float
    runs: int
    interrupted: bool
    result: Result
    sentence: str
    verdict: str
    expectations: tuple[ExpectationResult, ...]
