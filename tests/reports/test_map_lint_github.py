"""Annotations of a relay map: on its lines, one command each."""

from __future__ import annotations

from natscope.plugins.report_format import RenderOptions
from natscope_reports.map_lint_github import render
from tests.reports.map_lints import CLEAN, MIXED, hostile
from tests.reports.test_github import COMMAND


def test_a_problem_points_into_the_map() -> None:
    first, second, _ = render(MIXED, RenderOptions()).splitlines()
    assert first.startswith("::error file=ci/my derp.yaml,line=14,col=17,title=host-name-is-url::")
    assert second.startswith("::warning file=ci/my derp.yaml,title=single-region::")


def test_a_sound_map_is_a_notice() -> None:
    assert render(CLEAN, RenderOptions()) == (
        "::notice title=relay map::derp.yaml: nothing is wrong, 3 of 3 regions can be used.\n"
    )


def test_hostile_names_stay_in_their_line() -> None:
    lines = render(hostile("x::y,z%0A\n::error::"), RenderOptions()).splitlines()
    assert all(COMMAND.match(line) for line in lines)
