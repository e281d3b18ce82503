"""Many seeds of whole netchecks behind a bad link: every claim of every report, held against the scenario's truth.

What gets lost may leave a report without a word, never with a wrong one. So a finding may be missed, and another may be
told in its place that is true and less exact (`LESS_EXACT`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from natscope.lab.build_sim import sim_reports
from natscope.lab.library import all_scenarios, load_scenario
from natscope.lab.scenario import Bed, Scenario
from natscope.lab.truth import Agreement, Comparison, compare
from natscope.model.report import Report
from tests.sim.nat_seeds import BadLink

FULL = "full"
BY_CHANCE = {
    "two-public-addresses": "all relays may lie behind one of two uplinks, by the seed",
    "table-full": "which sockets still find a row in the router's table, and so what can be known there",
}
"""Scenarios whose truth holds for a link without loss only, and why."""
LESS_EXACT = {"NS-MAP-02": "NS-MAP-03", "NS-REL-02": "NS-REL-08"}
"""What is told where the other one is missed, because the answers that tell it apart got lost."""


@dataclass
class ReportTally:
    """Of `runs` netchecks: how many claims were made of the truth's, and every wrong one with its seed."""

    scenario: str
    runs: int = 0
    claims: int = 0
    told: int = 0
    wrong: list[str] = field(default_factory=list)
    slowest_ms: float = 0.0

    @property
    def share(self) -> float:
        """Of claims that were told."""
        return self.told / self.claims if self.claims else 1.0


def names() -> list[str]:
    """Every scenario whose usual netcheck the simulator can run, without faults in time."""
    return [
        scenario.name
        for scenario in all_scenarios()
        if scenario.can(Bed.SIM)
        and not scenario.faults
        and scenario.name not in BY_CHANCE
        and scenario.how.profile != FULL
        and not scenario.how.udp_rate
    ]


def tally_reports(name: str, link: BadLink, seeds: range) -> ReportTally:
    """Run them all."""
    scenario, found = link.on_hosts(load_scenario(name)), ReportTally(name)
    for seed in seeds:
        judge(scenario, seed, found)
    return found


def judge(scenario: Scenario, seed: int, found: ReportTally) -> None:
    """One seed."""
    reports = sim_reports(scenario, seed)
    found.runs += len(reports)
    found.slowest_ms = max(found.slowest_ms, *(report.duration_ms for report in reports.values()))
    for one in compare(scenario, reports):
        found.claims += 1
        found.told += one.agreement is Agreement.AGREE
        if one.agreement is Agreement.WRONG and not _is_excused(one, scenario, reports):
            told = f"{one.what} is {one.measured}, truth {one.truth}"
            found.wrong.append(f"{scenario.name} seed {seed} {one.who}: {told}")


def _is_excused(one: Comparison, scenario: Scenario, reports: dict[str, Report]) -> bool:
    if one.excuse or (one.truth, one.measured) == ("found", "not found"):
        return True
    report = reports.get(one.who)
    if report is None:
        return False
    if one.what == "home":
        # It is chosen among relays that answered. Over TCP each has one reading, as upstream's have, and what is lost
        # and sent again makes it longer.
        nearest = next((relay for relay in report.relays if relay.region_code == one.truth), None)
        return nearest is None or nearest.samples == 0
    better = LESS_EXACT.get(one.what.removeprefix("finding "))
    missed = better not in {finding.id for finding in report.findings}
    return better in scenario.truth[one.who].findings and missed
