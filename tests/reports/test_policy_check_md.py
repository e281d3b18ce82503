"""A check of a policy as Markdown: a table that no name can break."""

from __future__ import annotations

import pytest

from natscope.plugins.report_format import RenderOptions
from natscope_reports.policy_check_md import render
from tests.reports.policy_checks import MIXED, hostile
from tests.reports.test_md import ATTACKS, tokens


def test_the_table() -> None:
    lines = render(MIXED, RenderOptions()).splitlines()
    assert lines[0] == "## ✗ 1 of 3 expectations of ci/policy.toml failed, 1 could not be judged."
    assert "| ✗ | `relays.fra.latency_ms` | `< 80` | `120` | the median of 3 |" in lines
    assert "2026-11-24T12:00:00.123+00:00" in lines[-1], "no needless escapes"


@pytest.mark.parametrize("attack", ATTACKS)
def test_hostile_names(attack: str) -> None:
    found = tokens(render(hostile(attack), RenderOptions()))
    assert sum(token.type == "td_open" for token in found) == 5
    assert not {token.type for token in found} & {"link_open", "image"}
