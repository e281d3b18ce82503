"""SARIF: what code scanning needs to show a problem on its line."""

from __future__ import annotations

import json

import pytest

from natscope.plugins.report_format import RenderOptions
from natscope_reports.map_lint_sarif import render
from tests.plugins.test_clean import NAMES
from tests.reports.map_lints import CLEAN, MIXED, hostile
from tests.reports.test_format_contract import dangerous_in


def test_a_problem_has_rule_level_place_and_words() -> None:
    document = json.loads(render(MIXED, RenderOptions()))
    (run,) = document["runs"]
    assert document["version"] == "2.1.0"
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["host-name-is-url", "single-region"]
    first, second, third = run["results"]
    assert first["level"] == "error"
    assert first["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "ci/my%20derp.yaml"},
                "region": {"startLine": 14, "startColumn": 17},
            }
        }
    ]
    assert first["message"]["text"].endswith("Write: hostname: relay.example.net")
    assert (second["level"], "region" in second["locations"][0]["physicalLocation"]) == ("warning", False)
    assert [result["ruleIndex"] for result in (first, second, third)] == [0, 1, 0]


def test_a_sound_map_has_a_run_without_results() -> None:
    (run,) = json.loads(render(CLEAN, RenderOptions()))["runs"]
    assert run["results"] == []


@pytest.mark.parametrize("attack", NAMES)
def test_hostile_names(attack: str) -> None:
    text = render(hostile(attack), RenderOptions())
    json.loads(text)
    assert dangerous_in(text) == set()
