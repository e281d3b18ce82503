"""A check of a policy on a terminal: failures first, inconclusive apart, nothing hostile."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from natscope.plugins.report_format import RenderOptions
from natscope_reports.policy_check_text import render
from tests.plugins.test_clean import NAMES
from tests.reports.policy_checks import GOOD, MIXED, hostile
from tests.reports.test_format_contract import dangerous_in

PAGE = """\
✗ 1 of 3 expectations of ci/policy.toml failed, 1 could not be judged.

  ✗ relays.fra.latency_ms  120                   expected: < 80
    the median of 3
  ? peers."db-1".path      unknown               expected: direct
    no tailscaled on this computer
  ✓ udp                    yes

3 runs · 5.5 s · exit 1
"""


def test_the_page() -> None:
    assert render(MIXED, RenderOptions(exit_code=1)) == PAGE


def test_quiet_is_the_answer_alone_and_verbose_has_every_run() -> None:
    assert render(MIXED, RenderOptions(verbosity=-1)) == PAGE.splitlines()[0] + "\n"
    assert "runs: 120, 119, 300" in render(MIXED, RenderOptions(verbosity=1))


def test_ascii() -> None:
    text = render(GOOD, RenderOptions(ascii_only=True))
    assert text.isascii()
    assert text.startswith("[ok] All 1")


@pytest.mark.parametrize("attack", NAMES)
def test_hostile_names(attack: str) -> None:
    for width in (80, 40):
        text = render(hostile(attack), RenderOptions(width=width, verbosity=1))
        assert dangerous_in(text) == set()
        assert max(cell_len(line) for line in text.splitlines()) <= width
