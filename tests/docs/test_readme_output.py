"""The report that the README shows is what the command beside it prints."""

from __future__ import annotations

from pathlib import Path

from tests.docs.readme_blocks import demo_output
from tests.docs.readme_demo import simulated_report
from tests.house.tree import ROOT


def test_the_report_shown_is_what_a_run_prints(tmp_path: Path) -> None:
    """After a change of the report: `python -m tests.docs.readme_demo` writes it again."""
    assert demo_output((ROOT / "README.md").read_text()) == simulated_report(tmp_path)
