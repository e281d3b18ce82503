"""Annotations of a file of settings: on its lines, one command each."""

from __future__ import annotations

from natscope.plugins.report_format import RenderOptions
from natscope_reports.config_lint_github import render
from tests.reports.config_lints import CLEAN, MIXED, hostile
from tests.reports.test_github import COMMAND


def test_a_problem_points_into_the_file() -> None:
    first, second, _, whole = render(MIXED, RenderOptions()).splitlines()
    assert first == "::warning file=ci/my relay.toml,line=2,col=1,title=unknown-key::x: no such setting (ascii)"
    assert second.startswith("::error file=ci/my relay.toml,line=8,col=3,title=wrong-value::tls.mode must be")
    assert whole == "::error file=ci/my relay.toml,title=does-not-fit::there is no --hostname"


def test_a_sound_file_is_a_notice() -> None:
    assert render(CLEAN, RenderOptions()) == "::notice title=policy::p.toml: nothing is wrong.\n"


def test_hostile_names_stay_in_their_line() -> None:
    lines = render(hostile("x::y,z%0A\n::error::"), RenderOptions()).splitlines()
    assert all(COMMAND.match(line) for line in lines)
