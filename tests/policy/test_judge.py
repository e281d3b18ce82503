"""Several runs: the median of numbers, the word of most, and inconclusive apart from failed."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from natscope.model.policy_check import ExpectationResult, Result
from natscope.model.report import RelayError, RelayLatency, Report
from natscope.model.tri import Tri
from natscope.policy.expectation import parse
from natscope.policy.first_policy import first_policy
from natscope.policy.judge import Run, judge, worst
from natscope.policy.lookup import PeerFacts
from natscope.policy.policy_file import Policy, read_policy
from tests.reports.scenes import load, names

HEALTHY = load("healthy")


def result(path: str, given: Any, *reports: Report, tolerance: float = 0.0) -> ExpectationResult:
    policy = Policy("p", (parse(tuple(path.split(".")), given, 7),), tolerance=tolerance)
    (found,) = judge(policy, [Run(report, {}) for report in reports])
    return found


def udp(*states: Tri) -> list[Report]:
    return [msgspec.structs.replace(HEALTHY, udp=state) for state in states]


YES, NO, UNKNOWN = Tri.YES, Tri.NO, Tri.UNKNOWN


@pytest.mark.parametrize(
    ("states", "wanted"),
    [
        ((YES,), Result.PASSED),
        ((NO,), Result.FAILED),
        ((UNKNOWN,), Result.INCONCLUSIVE),
        ((NO, YES, YES), Result.PASSED),
        ((NO, NO, YES), Result.FAILED),
        ((YES, NO), Result.INCONCLUSIVE),
        ((YES, YES, UNKNOWN), Result.PASSED),
        ((YES, UNKNOWN), Result.INCONCLUSIVE),
        ((UNKNOWN, UNKNOWN, YES), Result.INCONCLUSIVE),
        ((YES, NO, UNKNOWN), Result.INCONCLUSIVE),
    ],
)
def test_most_runs_decide(states: tuple[Tri, ...], wanted: Result) -> None:
    found = result("udp", True, *udp(*states))
    assert found.result is wanted
    assert found.seen == tuple(str(state) for state in states)
    assert found.line == 7
    assert found.reason or wanted is not Result.INCONCLUSIVE


def slower(by: float) -> Report:
    relays = tuple(
        msgspec.structs.replace(r, latency_ms=msgspec.structs.replace(r.latency_ms, stun_v4=by, stun_v6=None))
        for r in HEALTHY.relays
    )
    return msgspec.structs.replace(HEALTHY, relays=relays)


def test_the_median_of_numbers_decides() -> None:
    found = result("relays.fra.latency_ms", "< 80", slower(20), slower(500), slower(30))
    assert (found.result, found.value, found.reason) == (Result.PASSED, "30", "the median of 3")
    assert result("relays.fra.latency_ms", "< 80", slower(85)).result is Result.FAILED
    assert result("relays.fra.latency_ms", "< 80", slower(85), tolerance=0.1).result is Result.PASSED


def silent(report: Report) -> Report:
    """Its first relay was asked and did not answer."""
    first, *rest = report.relays
    dead = RelayError(code="no-answer", message="it does not answer")
    return msgspec.structs.replace(
        report, relays=(msgspec.structs.replace(first, latency_ms=RelayLatency(), error=dead), *rest)
    )


def test_a_relay_that_is_silent_while_others_answer_is_not_quick_enough() -> None:
    code = HEALTHY.relays[0].region_code
    found = result(f"relays.{code}.latency_ms", "< 80", silent(HEALTHY), tolerance=1.0)
    assert (found.result, found.value) == (Result.FAILED, "no answer")
    assert result(f"relays.{code}.latency_ms", "> 1", silent(HEALTHY)).result is Result.FAILED
    most = result(f"relays.{code}.latency_ms", "< 100", silent(HEALTHY), HEALTHY, HEALTHY)
    assert most.result is Result.PASSED
    alone = msgspec.structs.replace(silent(HEALTHY), relays=silent(HEALTHY).relays[:1])
    assert result(f"relays.{code}.latency_ms", "< 80", alone).result is Result.INCONCLUSIVE


def test_a_finding_that_nobody_could_see_is_not_absent() -> None:
    policy = Policy("p", (parse(("findings", "absent"), ["NS-NAT-01", "NS-UDP-01"]),))
    (open_,) = judge(policy, [Run(HEALTHY, {}, {"NS-NAT-01": "two relays"})])
    assert (open_.result, open_.reason) == (Result.INCONCLUSIVE, "NS-NAT-01 could not be judged: two relays")
    (sound,) = judge(policy, [Run(HEALTHY, {}, {"NS-NAT-07": "hops"})])
    assert sound.result is Result.PASSED
    (there,) = judge(policy, [Run(load("udp-blocked"), {}, {"NS-NAT-01": "two relays"})])
    assert there.result is Result.FAILED


def test_a_word_where_a_number_was_expected_is_inconclusive() -> None:
    assert result("udp", "< 80", HEALTHY).result is Result.INCONCLUSIVE


def test_a_failure_counts_before_what_is_inconclusive() -> None:
    told = [ExpectationResult(name="", expected="", result=r) for r in Result]
    assert worst(told) is Result.FAILED
    assert worst([each for each in told if each.result is not Result.FAILED]) is Result.INCONCLUSIVE
    assert worst(told[:1]) is Result.PASSED


@pytest.mark.parametrize("name", names())
def test_a_first_policy_passes_against_the_state_it_was_made_from(name: str) -> None:
    report = load(name)
    peers = {"db-1": PeerFacts("direct", 12.0), "n a s": PeerFacts("relayed", 40.0), "off": PeerFacts(reason="offline")}
    policy = read_policy(first_policy(report, peers, "natscope").encode(), "p.toml")
    results = judge(policy, [Run(report, peers)])
    assert {each.result for each in results} == {Result.PASSED}
    assert [each.name for each in results if each.name.startswith("peers")] == ["peers.db-1.path", 'peers."n a s".path']
