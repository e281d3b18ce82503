"""The report of the demo as the README shows it; run as a program, it writes the README's block again."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from natscope.lab.demo import COMMAND, clean_environment, natscope
from natscope.lab.library import load_scenario
from tests.house.tree import ROOT

BLOCK = re.compile(r"(<!-- demo:.*?-->\n```text\n).*?(```\n<!-- end of demo -->)", re.DOTALL)


def simulated_report(folder: Path) -> str:
    """What the demo's own command prints in the simulator, where one seed gives the same numbers; without the score."""
    environment = clean_environment(folder) | {"LC_ALL": "C.UTF-8", "COLUMNS": "80", "NO_COLOR": "1"}
    code, text = natscope([*COMMAND, "--sim"], environment)
    assert code == 0, text
    report, _, score = text.partition(f"\n{load_scenario(COMMAND[2]).title}\n")
    assert score
    return report.removeprefix(f"{COMMAND[-1]}\n\n")


def main() -> None:
    """Replace the block."""
    page = ROOT / "README.md"
    with tempfile.TemporaryDirectory() as folder:
        report = simulated_report(Path(folder))
    page.write_text(BLOCK.sub(lambda found: found[1] + report + found[2], page.read_text()))


if __name__ == "__main__":
    main()
