"""Pairs of networks: what natscope foretells from both sides' reports, against what two plain UDP punchers reach.

`python benchmarks/accuracy_pairs.py` prints the section that `benchmarks/accuracy.py --write` puts into the page.
Reports are those of natscope's own netcheck in the simulator; the punchers (`tests/punching/punch.py`) know nothing
of it.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.accuracy_page import PairCell, PairTable, pairs_section
from natscope.diagnosis.pair.from_report import from_report
from natscope.diagnosis.pair.predict import predict
from natscope.diagnosis.pair.side import PEER
from natscope.lab.library import all_scenarios
from natscope.lab.scenario import Bed
from natscope.lab.scenario_values import read_scenario
from tests.punching.behaviours import behaviours
from tests.punching.punch import punch
from tests.punching.two_sites import both_reports, standing, text_of


def main() -> int:
    """Measure and print."""
    print("\n".join(pairs_section(measured_pairs())))
    return 0


def measured_pairs() -> tuple[PairTable, ...]:
    """Every behaviour of NATs with every other one, and every scenario of the lab with every other one."""
    scenarios = {s.name: text_of(s.name) for s in all_scenarios() if s.can(Bed.SIM)}
    return (
        PairTable(title="mappings × filterings × ports, and what stands beside NATs", cells=_cells(behaviours())),
        PairTable(title="scenarios of the lab, the first host of each", cells=_cells(scenarios)),
    )


def _cells(texts: Mapping[str, str]) -> tuple[PairCell, ...]:
    """Each pair once, with itself too. Networks that differ in their relays only are punched once."""
    sides = {}
    for name, text in texts.items():
        one, other = both_reports(text)
        sides[name] = from_report(one), from_report(other, PEER, peer=True)
    facts: dict[tuple[str, str], bool] = {}
    found = []
    for first, second in itertools.combinations_with_replacement(texts, 2):
        networks = _network(texts[first]), _network(texts[second])
        if networks not in facts:
            with standing(texts[first], texts[second]) as both:
                facts[networks] = punch(both.net, both.one, both.other, both.opened)
        told = predict(sides[first][0], sides[second][1])
        found.append(PairCell(first=first, second=second, told=told.path, direct=facts[networks], reason=told.reason))
    return tuple(found)


def _network(text: str) -> str:
    """What a puncher meets: routers and hosts, not relays; and the truth on open ports."""
    scenario = read_scenario("network", text)
    host = scenario.measured()[0]
    truth = scenario.truth.get(host.name)
    opens = (truth.pcp, truth.nat_pmp, truth.upnp) if truth is not None else ()
    return repr((scenario.seed, scenario.sites, host, opens))


if __name__ == "__main__":
    sys.exit(main())
