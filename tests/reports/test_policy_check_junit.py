"""A check of a policy as JUnit: a case per expectation; what nobody knows is skipped, never failed."""

from __future__ import annotations

from xml.etree import ElementTree

from natscope.plugins.report_format import RenderOptions
from natscope_reports.policy_check_junit import render
from tests.reports.policy_checks import MIXED, hostile


def test_the_cases() -> None:
    root = ElementTree.fromstring(render(MIXED, RenderOptions()))
    assert (root.attrib["tests"], root.attrib["failures"], root.attrib["skipped"]) == ("3", "1", "1")
    found = {case.attrib["name"]: case for case in root.iter("testcase")}
    failure = found["relays.fra.latency_ms"].find("failure")
    assert failure is not None
    assert failure.attrib["message"] == "expected < 80, seen 120: the median of 3"
    assert failure.text == "runs: 120, 119, 300"
    assert found['peers."db-1".path'].find("skipped") is not None
    assert found["udp"].find("failure") is None


def test_hostile_names_stay_text() -> None:
    root = ElementTree.fromstring(render(hostile('"/><failure>\x1b'), RenderOptions()))
    assert len(list(root.iter("failure"))) == 1
