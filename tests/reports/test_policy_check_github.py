"""A check of a policy as annotations: on the lines of its file, one command a line."""

from __future__ import annotations

from natscope.plugins.report_format import RenderOptions
from natscope_reports.policy_check_github import render
from tests.reports.policy_checks import GOOD, MIXED, hostile
from tests.reports.test_github import COMMAND


def test_what_did_not_pass_points_into_the_file() -> None:
    assert render(MIXED, RenderOptions()).splitlines() == [
        "::error title=natscope check::1 of 3 expectations of ci/policy.toml failed, 1 could not be judged.",
        "::error file=ci/policy.toml,line=3,title=relays.fra.latency_ms::expected < 80, seen 120: the median of 3",
        (
            '::warning file=ci/policy.toml,line=4,title=peers."db-1".path::expected direct, seen unknown: '
            "no tailscaled on this computer"
        ),
    ]


def test_all_well_is_a_notice() -> None:
    assert render(GOOD, RenderOptions()).startswith("::notice title=natscope check::All 1")


def test_hostile_names_stay_in_their_line() -> None:
    lines = render(hostile("x::y,z%0A\n::error::"), RenderOptions()).splitlines()
    assert all(COMMAND.match(line) for line in lines)
