"""Annotations: one command a line, whatever a name says, and map problems point into their file."""

from __future__ import annotations

import re

import pytest

from natscope.plugins.report_format import RenderOptions
from natscope_reports.github import render
from tests.reports.drawing import scene
from tests.reports.scenes import names
from tests.reports.test_format_contract import with_texts

COMMAND = re.compile(r"^::(error|warning|notice) ([a-z]+=[^:,]*)(,[a-z]+=[^:,]*)*::(.*)$")


@pytest.mark.parametrize("name", names())
def test_every_line_is_a_command(name: str) -> None:
    assert all(COMMAND.match(line) for line in render(scene(name), RenderOptions()).splitlines())


def test_a_problem_is_an_error_with_its_fix() -> None:
    lines = render(scene("udp-blocked"), RenderOptions()).splitlines()
    assert lines[0].startswith("::error title=natscope::Direct: no.")
    assert any(line.startswith("::error title=NS-UDP-01%2C certain::") and "To do: Ask" in line for line in lines)


def test_map_problems_point_into_the_file() -> None:
    report = scene("map-problems")
    text = render(report, RenderOptions())
    assert report.relay_map.kind == "file"
    placed = [problem for problem in report.relay_map.problems if problem.line]
    assert placed
    assert all(f"line={problem.line},col=" in text for problem in placed)


def test_a_name_cannot_end_a_command() -> None:
    text = render(with_texts(scene("map-problems"), lambda _: "x::y,z%0A\n::error::"), RenderOptions())
    assert all(COMMAND.match(line) for line in text.splitlines())
    assert "%0A" not in text.replace("%250A", "")
