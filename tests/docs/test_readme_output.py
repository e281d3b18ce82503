"""The report that the README shows has the lines of a report made now: same words, same places, other numbers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from natscope.lab.demo import COMMAND, clean_environment, natscope, relays
from natscope.lab.loopback_sockets import has_ipv6
from tests.docs.readme_blocks import demo_output
from tests.house.tree import ROOT


def shape(line: str) -> str:
    """A line without its numbers, bars and widths."""
    line = re.sub(r"\d+(?:\.\d+)*", "N", line)
    return re.sub(r"\s+", " ", re.sub(r"[━╸]+", "B", line)).rstrip()


def test_the_report_shown_is_what_a_run_prints(tmp_path: Path) -> None:
    """After a change of the report: paste the output of `make demo` into README.md."""
    if not has_ipv6():
        pytest.skip("this host has no ::1, so the report has no IPv6")
    environment = clean_environment(tmp_path) | {"LC_ALL": "C.UTF-8", "COLUMNS": "80", "NO_COLOR": "1"}
    with relays(tmp_path / "map.json", environment):
        code, text = natscope([*COMMAND, "--derp-map", str(tmp_path / "map.json")], environment)
    assert code == 0
    shown = demo_output((ROOT / "README.md").read_text())
    assert [shape(line) for line in shown.splitlines()] == [shape(line) for line in text.strip("\n").splitlines()]


def test_another_word_or_another_line_is_seen() -> None:
    line = "  → lo1  Loopback 1  ━╸      13.5 ms"
    assert shape(line) == shape("  → lo9  Loopback 9  ━━━━   163.5 ms")
    assert shape(line) != shape("  → lo1  Loopback 1  ━╸      13.5 s")
    assert shape(line) != shape("    lo1  Loopback 1  ━╸      13.5 ms ms")
