"""NS-HOST-05: a suite that runs beside UDP that fails, possible at most; UDP that works or another culprit ends it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from natscope.model.finding import Certainty, Severity
from natscope.model.observation import Observation, Outcome
from natscope.model.report import Report
from natscope.model.report_surroundings import FirewallReport
from natscope.model.tri import Tri
from tests.diagnosis.judging import claim, found, scene, with_observations

ID = "NS-HOST-05"


def with_suites(name: str, suites: Any) -> Report:
    def change(observation: Observation) -> Observation:
        if observation.kind != "host.system":
            return observation
        return msgspec.structs.replace(observation, data=observation.data | {"suites": suites})

    return with_observations(scene(name), change)


@pytest.mark.parametrize(
    ("name", "suite", "what"),
    [
        ("suite-refuses", "OpenSnitch", "while this computer refuses to send over UDP."),
        ("suite-silent", "CrowdStrike Falcon", "while nothing comes back over UDP."),
    ],
)
def test_it_is_possible_and_names_the_suite(name: str, suite: str, what: str) -> None:
    finding = found(scene(name))[ID]
    assert (finding.certainty, finding.severity) == (Certainty.POSSIBLE, Severity.INFO)
    assert finding.title == f"{suite} runs on this computer and may be what stops UDP."
    assert finding.detail.endswith(what)


def test_many_suites_are_no_proof() -> None:
    many = [{"name": f"Suite {n}", "sign": "a process"} for n in range(9)]
    support = claim(with_suites("suite-silent", many), ID)
    assert support is not None
    assert support.certainty is Certainty.POSSIBLE


@pytest.mark.parametrize("suites", [[], None])
def test_without_a_suite_nothing_is_said(suites: Any) -> None:
    assert claim(with_suites("suite-silent", suites), ID) is None


def test_udp_that_works_contradicts_and_udp_of_which_nothing_is_known_keeps_it_silent() -> None:
    assert claim(scene("suite-silent", udp=Tri.YES), ID) is None
    assert claim(scene("suite-silent", udp=Tri.UNKNOWN), ID) is None


def test_a_router_that_refuses_explains_it_better() -> None:
    told = {"reporter": "10.20.0.1", "icmp": "administratively prohibited"}

    def change(observation: Observation) -> Observation:
        if observation.kind != "stun.binding":
            return observation
        return msgspec.structs.replace(observation, outcome=Outcome.ICMP_ERROR, error="host-unreachable", data=told)

    assert claim(with_observations(scene("suite-silent"), change), ID) is None


@pytest.mark.parametrize(("verdict", "fires"), [("drop", False), ("reject", False), ("accept", True)])
def test_a_rule_of_the_packet_filter_explains_it_better(verdict: str, fires: bool) -> None:
    report = scene("suite-silent")
    firewall = FirewallReport(readable=Tri.YES, answers=verdict)
    around = msgspec.structs.replace(report.surroundings, firewall=firewall)
    assert (claim(msgspec.structs.replace(report, surroundings=around), ID) is not None) is fires


def test_where_a_suite_runs_nobody_says_that_it_was_the_network() -> None:
    with_suite = scene("suite-silent")
    assert "or CrowdStrike Falcon on this computer" in found(with_suite)["NS-UDP-01"].title
    assert with_suite.verdict.sentence.startswith("Direct: no. UDP gets lost here")
    assert "on this computer" in with_suite.verdict.explanation
    without = found(with_suites("suite-silent", []))["NS-UDP-01"]
    assert without.title == "This network drops UDP: nothing comes back over it."
