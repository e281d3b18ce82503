"""SARIF of a file of settings: rule, level, place and words; nothing that hostile text could do."""

from __future__ import annotations

import json

import pytest

from natscope.plugins.report_format import RenderOptions
from natscope_reports.config_lint_sarif import render
from tests.plugins.test_clean import NAMES
from tests.reports.config_lints import CLEAN, MIXED, hostile
from tests.reports.test_format_contract import dangerous_in


def test_a_problem_has_rule_level_place_and_words() -> None:
    (run,) = json.loads(render(MIXED, RenderOptions()))["runs"]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["unknown-key", "wrong-value", "does-not-fit"]
    first, second, _, whole = run["results"]
    assert first["message"]["text"] == "x: no such setting (ascii)"
    assert second["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "ci/my%20relay.toml"},
                "region": {"startLine": 8, "startColumn": 3},
            }
        }
    ]
    assert second["message"]["text"] == "tls.mode must be one of auto, off"
    assert "region" not in whole["locations"][0]["physicalLocation"]
    assert [each["level"] for each in run["results"]] == ["warning", "error", "error", "error"]


def test_a_sound_file_has_a_run_without_results() -> None:
    (run,) = json.loads(render(CLEAN, RenderOptions()))["runs"]
    assert run["results"] == []


@pytest.mark.parametrize("attack", NAMES)
def test_hostile_names(attack: str) -> None:
    text = render(hostile(attack), RenderOptions())
    json.loads(text)
    assert dangerous_in(text) == set()
