"""A check as JUnit XML: what fails, what is skipped and why, and that CI's verdict is the exit code's."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import msgspec
import pytest

from natscope.model.derp_check import DerpCheck, StepName
from natscope.plugins.report_format import RenderOptions
from natscope_reports import derp_check_junit
from tests.reports.derp_check_scenes import load, names


def document(check: DerpCheck, **options: str) -> ET.Element:
    return ET.fromstring(derp_check_junit.render(check, RenderOptions(**options)))  # type: ignore[arg-type]


def case(root: ET.Element, node: str, step: StepName) -> ET.Element:
    suite = next(suite for suite in root if suite.get("name", "").endswith(f".{node}"))
    return next(each for each in suite if each.get("name", "").startswith(f"{step}: "))


@pytest.mark.parametrize("name", names())
def test_a_case_for_each_node_and_step(name: str) -> None:
    check = load(name)
    root = document(check)
    cases = [each for suite in root for each in suite if suite.get("name") != "derp.findings"]
    assert len(cases) == len(check.nodes) * len(StepName)
    assert int(root.get("tests", "")) == sum(len(suite) for suite in root)
    assert int(root.get("failures", "")) == len(root.findall(".//failure"))
    assert int(root.get("skipped", "")) == len(root.findall(".//skipped"))


def test_a_failure_names_its_finding_and_the_fix() -> None:
    failure = case(document(load("expired")), "1a", StepName.TLS).find("failure")
    assert failure is not None
    assert failure.attrib == {"message": "expired 2002-01-01", "type": "NS-REL-01"}
    assert "To do: On the relay: renew the certificate" in (failure.text or "")


def test_what_was_not_reached_or_is_unknown_is_skipped_with_its_reason() -> None:
    root = document(load("expired"))
    for step, reason in ((StepName.RELAY, "not reached: an earlier step failed"), (StepName.MESH, "only one node")):
        skipped = case(root, "1a", step).find("skipped")
        assert skipped is not None
        assert skipped.get("message") == reason
    unknown = case(document(load("known-clients")), "1a", StepName.RELAY).find("skipped")
    assert unknown is not None
    assert unknown.get("message", "").startswith("not checked: ")


def test_a_warning_fails_only_where_it_is_to_count() -> None:
    assert case(document(load("expired")), "2b", StepName.CLOCK).find("failure") is None
    failure = case(document(load("expired"), fail_on="warn"), "2b", StepName.CLOCK).find("failure")
    assert failure is not None
    assert failure.get("type") == "NS-CTL-06"


def test_a_finding_of_no_step_is_a_case_too() -> None:
    check = load("expired")
    own = msgspec.structs.replace(check.findings[0], title="this computer: the clock is wrong.", evidence=("o999",))
    root = document(msgspec.structs.replace(check, findings=(*check.findings, own)))
    suite = next(suite for suite in root if suite.get("name") == "derp.findings")
    assert [each.get("name") for each in suite] == ["NS-REL-01"]
    assert suite.find("testcase/failure") is not None
