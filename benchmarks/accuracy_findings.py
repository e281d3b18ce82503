"""Is the right finding told first, and nothing louder beside it: every host of every network that the simulator builds.

`python benchmarks/accuracy_findings.py [--write]` prints the section, or makes it again in `docs/accuracy.md`;
`benchmarks/accuracy.py --write` makes it together with the namespaces' counts.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.accuracy_page import Told, findings_section, with_findings
from natscope.lab.build_sim import sim_reports
from natscope.lab.library import all_scenarios
from natscope.lab.scenario import Bed
from natscope.lab.truth import out_of_place

PAGE = Path(__file__).resolve().parents[1] / "docs" / "accuracy.md"


def main() -> int:
    """Measure, then print or write."""
    told = simulated_findings()
    if "--write" in sys.argv[1:]:
        PAGE.write_text(with_findings(PAGE.read_text(), told))
    else:
        print("\n".join(findings_section(told)))
    return int(any(one.out_of_place for one in told))


def simulated_findings() -> tuple[Told, ...]:
    """Some seconds of computing."""
    found = []
    for scenario in all_scenarios():
        if scenario.can(Bed.SIM):
            for host, report in sim_reports(scenario).items():
                wrong = out_of_place(scenario, host, report)
                found.append(Told(scenario=scenario.name, host=host, out_of_place=wrong))
    return tuple(found)


if __name__ == "__main__":
    sys.exit(main())
