"""Checks of a policy to draw: all well, something failed, something not known, hostile names."""

from __future__ import annotations

from natscope.model.policy_check import SCHEMA, ExpectationResult, PolicyCheck, Result

PASSED = ExpectationResult(name="udp", expected="yes", result=Result.PASSED, value="yes", seen=("yes",), line=2)
FAILED = ExpectationResult(
    name="relays.fra.latency_ms",
    expected="< 80",
    result=Result.FAILED,
    value="120",
    seen=("120", "119", "300"),
    reason="the median of 3",
    line=3,
)
OPEN = ExpectationResult(
    name='peers."db-1".path',
    expected="direct",
    result=Result.INCONCLUSIVE,
    seen=("unknown", "unknown", "unknown"),
    reason="no tailscaled on this computer",
    line=4,
)


def check(*expectations: ExpectationResult, sentence: str = "", policy: str = "ci/policy.toml") -> PolicyCheck:
    """A check with these results."""
    states = {each.result for each in expectations}
    worst = next((r for r in (Result.FAILED, Result.INCONCLUSIVE) if r in states), Result.PASSED)
    return PolicyCheck(
        schema=SCHEMA,
        natscope="0.1.0",
        policy=policy,
        started_at="2026-11-24T12:00:00.123+00:00",
        duration_ms=5536.558,
        runs=max((len(each.seen) for each in expectations), default=1),
        interrupted=False,
        result=worst,
        sentence=sentence or f"{len(expectations)} expectations.",
        verdict="Direct: likely, with most peers",
        expectations=expectations,
    )


GOOD = check(PASSED, sentence="All 1 expectations of ci/policy.toml hold.")
MIXED = check(PASSED, FAILED, OPEN, sentence="1 of 3 expectations of ci/policy.toml failed, 1 could not be judged.")


def hostile(attack: str) -> PolicyCheck:
    """The same text everywhere."""
    one = ExpectationResult(
        name=attack, expected=attack, result=Result.FAILED, value=attack, seen=(attack, attack), reason=attack, line=1
    )
    return check(one, sentence=attack, policy=attack)
