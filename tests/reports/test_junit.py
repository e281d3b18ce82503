"""JUnit: well-formed, its counts add up, and what is not known is skipped, never passed."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from natscope.plugins.report_format import RenderOptions
from natscope_reports.junit import render
from tests.reports.drawing import scene
from tests.reports.scenes import names


@pytest.mark.parametrize("name", names())
def test_the_counts_are_those_of_the_cases(name: str) -> None:
    root = ElementTree.fromstring(render(scene(name), RenderOptions()))
    assert root.tag == "testsuites"
    for part in (root, *root.iter("testsuite")):
        cases = list(part.iter("testcase"))
        assert int(part.attrib["tests"]) == len(cases) > 0
        for tag, attribute in (("failure", "failures"), ("skipped", "skipped"), ("error", "errors")):
            assert int(part.attrib[attribute]) == sum(case.find(tag) is not None for case in cases)


def test_a_blocked_network_fails_with_words_and_fix() -> None:
    root = ElementTree.fromstring(render(scene("udp-blocked"), RenderOptions()))
    found = {case.attrib["name"]: case for case in root.iter("testcase")}
    failure = found["NS-UDP-01"].find("failure")
    assert failure is not None
    assert "drops UDP" in failure.attrib["message"]
    assert "To do: Ask the administrator" in (failure.text or "")
    assert found["direct connections"].find("failure") is not None


def test_what_nobody_knows_is_skipped() -> None:
    root = ElementTree.fromstring(render(scene("no-network"), RenderOptions()))
    case = next(case for case in root.iter("testcase") if case.attrib["name"] == "direct connections")
    assert case.find("skipped") is not None


def test_a_warning_passes_and_is_told() -> None:
    root = ElementTree.fromstring(render(scene("double-nat"), RenderOptions()))
    case = next(case for case in root.iter("testcase") if case.attrib["name"] == "NS-NAT-08")
    assert case.find("failure") is None
    assert "double NAT" in (case.findtext("system-out") or "")


def test_a_warning_fails_where_that_is_asked_for() -> None:
    root = ElementTree.fromstring(render(scene("double-nat"), RenderOptions(fail_on="warn")))
    case = next(case for case in root.iter("testcase") if case.attrib["name"] == "NS-NAT-08")
    assert case.find("failure") is not None
