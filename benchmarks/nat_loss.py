"""Mapping and filtering behind loss, for every shipped scenario that says what they are: told, unknown, wrong.

    python benchmarks/nat_loss.py [--seeds 100] [--loss 0.02 0.1] [--reports] [SCENARIO …]

In the simulator, in as many processes as there are processors. Ends with 1 when any verdict is wrong. With `--reports`
whole netchecks of every scenario, and every claim of theirs. The tests `tests/sim/test_nat_loss.py` and
`tests/sim/test_report_loss.py` do the same with fewer scenarios and seeds.
"""

from __future__ import annotations

import argparse
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from natscope.lab.library import all_scenarios
from natscope.lab.scenario import Bed
from natscope.model.nat import Filtering, Mapping
from tests.sim import report_seeds
from tests.sim.nat_seeds import BadLink, Tally, tally
from tests.sim.report_seeds import ReportTally, tally_reports

BY_CHANCE = ("two-public-addresses",)
"""All relays may lie behind one of two uplinks, by the seed: then nobody can see the other one."""


def names() -> list[str]:
    """Scenarios with a known mapping and filtering that the simulator can express, without faults in time."""
    return [
        scenario.name
        for scenario in all_scenarios()
        if scenario.can(Bed.SIM)
        and not scenario.faults
        and scenario.name not in BY_CHANCE
        and all(
            truth.mapping not in (None, Mapping.UNKNOWN) and truth.filtering not in (None, Filtering.UNKNOWN)
            for truth in scenario.truth.values()
        )
    ]


def line(found: Tally, loss: float) -> str:
    """A row of the table."""
    shares = f"{found.share('mapping'):8.0%} {found.share('filtering'):9.0%} {len(found.wrong):6}"
    return f"{found.scenario:28} {loss:5.0%} {found.runs:5} {shares} {found.slowest_ms / 1000:8.2f}"


def line_of_reports(found: ReportTally, loss: float) -> str:
    """A row of the table of whole reports."""
    shares = f"{found.claims:7} {found.share:6.1%} {len(found.wrong):6}"
    return f"{found.scenario:28} {loss:5.0%} {found.runs:5} {shares} {found.slowest_ms / 1000:8.2f}"


def reports(scenarios: list[str], losses: list[float], seeds: range) -> int:
    """The table of whole reports."""
    print(f"{'scenario':28} {'loss':>5} {'runs':>5} {'claims':>7} {'told':>6} {'wrong':>6} {'slowest':>8}")
    wrong: list[str] = []
    runs = 0
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        waiting = [
            (loss, pool.submit(tally_reports, name, BadLink(loss=loss), seeds)) for name in scenarios for loss in losses
        ]
        for loss, future in waiting:
            found = future.result()
            wrong += [f"{words} at {loss:.0%}" for words in found.wrong]
            runs += found.runs
            print(line_of_reports(found, loss), flush=True)
    print("\n".join([*wrong, f"{runs} runs, {len(wrong)} wrong claims"]))
    return 1 if wrong else 0


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--loss", type=float, nargs="*", default=[0.02, 0.1])
    parser.add_argument("--reports", action="store_true")
    parser.add_argument("scenarios", nargs="*")
    chosen = parser.parse_args()
    if chosen.reports:
        return reports(chosen.scenarios or report_seeds.names(), chosen.loss, range(1, chosen.seeds + 1))
    print(f"{'scenario':28} {'loss':>5} {'runs':>5} {'mapping':>8} {'filtering':>9} {'wrong':>6} {'slowest':>8}")
    wrong: list[str] = []
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        waiting = [
            (loss, pool.submit(tally, name, BadLink(loss=loss), range(chosen.seeds)))
            for name in chosen.scenarios or names()
            for loss in chosen.loss
        ]
        for loss, future in waiting:
            found = future.result()
            wrong += found.wrong
            print(line(found, loss), flush=True)
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
