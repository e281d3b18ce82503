"""The catalogue against the scenarios: each cause of one side is shown by one, and ruled out by measuring another one.

That a finding of a truth is found, and stands first, is what `test_scenarios.py` holds.
"""

from __future__ import annotations

import functools
from typing import cast

import pytest

from natscope.diagnosis.catalogue import CauseModule, entries
from natscope.diagnosis.engine import weigh
from natscope.diagnosis.facts import Facts
from natscope.diagnosis.pair.judge import PairCauseModule, settled_pair
from natscope.diagnosis.pair.of_reports import facts_of_reports
from natscope.lab.library import all_scenarios, load_scenario
from natscope.lab.scenario import Bed
from natscope.lab.shown import ONLY_RECORDED, shown_by
from natscope.model.tri import Tri
from tests.diagnosis.pair.meanings import PAIR_SCENES
from tests.lab.simulated import reports_of
from tests.reports.scenes import names

RULED_OUT_BY = (
    "full-cone", "mapping-behind-cgnat", "port-kept-apart", "udp-53-443-only", "relay-name-filtered",
    "ipv6-short-silence", "idle-lifetime-20s", "home-moved-once",
)  # fmt: skip
"""Scenarios of which one at least has the facts that settle a cause, so that it is a "no" and not merely unknown."""

CAUSES: dict[str, CauseModule] = {entry.id: entry.load() for entry in entries()}
TO_BE_SHOWN = [name for name, module in CAUSES.items() if module.CAUSE.sides == 1 and name not in ONLY_RECORDED]
OF_PAIRS = [name for name, module in CAUSES.items() if module.CAUSE.sides == 2 and name not in ONLY_RECORDED]
PAIRS = [(s.name, pair) for s in all_scenarios() if s.can(Bed.SIM) for pair in s.pairs]
SHOWN = shown_by(scenario for scenario in all_scenarios() if scenario.can(Bed.SIM))


@pytest.mark.parametrize("cause", TO_BE_SHOWN)
def test_a_cause_fires_in_a_scenario(cause: str) -> None:
    assert SHOWN.get(cause), f"{cause} is a finding of no scenario's truth"


@pytest.mark.parametrize("cause", TO_BE_SHOWN)
def test_a_cause_is_ruled_out_where_the_facts_were_measured(cause: str) -> None:
    assert any(cause in ruled_out(name) for name in RULED_OUT_BY), f"{cause} is unknown wherever it is not found"


def test_each_scenario_that_rules_out_is_needed() -> None:
    settled: set[str] = set()
    for name in RULED_OUT_BY:
        assert ruled_out(name) - settled, f"{name} settles nothing that those before it leave open"
        settled |= ruled_out(name)


def test_what_is_only_recorded_has_no_scenario_and_has_its_facts() -> None:
    two_sided = {name for name, module in CAUSES.items() if module.CAUSE.sides == 2}
    assert two_sided <= {*ONLY_RECORDED, *SHOWN}
    assert set(ONLY_RECORDED) <= set(CAUSES)
    assert [cause for cause in ONLY_RECORDED if cause in SHOWN] == []
    for cause in ONLY_RECORDED:
        facts = CAUSES[cause].CAUSE.fires
        assert facts
        assert set(facts) <= (PAIR_SCENES if cause in two_sided else set(names()))


def test_every_finding_of_a_truth_is_in_the_catalogue() -> None:
    assert [cause for cause in SHOWN if cause not in CAUSES] == []


@pytest.mark.parametrize("cause", OF_PAIRS)
def test_a_cause_of_two_sides_fires_in_a_scenario_and_is_ruled_out_in_one(cause: str) -> None:
    """That it is found where a truth says so, is held by `test_scenarios.py`."""
    module = cast(PairCauseModule, CAUSES[cause])
    assert SHOWN.get(cause), f"{cause} is a finding of no pair's truth"
    others = [(name, pair) for name, pair in PAIRS if cause not in pair.findings]
    sides = [facts_of_reports(reports_of(name)[pair.first], reports_of(name)[pair.second]) for name, pair in others]
    assert not any(cause in {claim.cause.id for claim in settled_pair(facts)} for facts in sides)
    assert any(module.pair_evidence(facts).holds is Tri.NO or module.pair_against(facts).holds is Tri.YES
               for facts in sides), f"{cause} is unknown wherever it is not found"  # fmt: skip


def test_what_cannot_be_known_rules_nothing_out() -> None:
    """The teeth: of a run that did not look at relays one by one, or wait for silent mappings, nothing follows."""
    assert not {"NS-ENV-05", "NS-REL-11", "NS-NAT-12", "NS-V6-03"} & ruled_out("full-cone")
    assert "NS-REL-11" not in ruled_out("relay-name-filtered")


@functools.cache
def ruled_out(scenario: str) -> frozenset[str]:
    """Causes that no host's report claims, and one has the facts against: its evidence is a no, or is contradicted."""
    facts = [Facts(report) for report in reports_of(scenario).values()]
    found = {cause for truth in load_scenario(scenario).truth.values() for cause in truth.findings}
    return frozenset(
        cause
        for cause in TO_BE_SHOWN
        if cause not in found
        and all(weigh(CAUSES[cause], each) is None for each in facts)
        and any(_says_no(CAUSES[cause], each) for each in facts)
    )


def _says_no(module: CauseModule, facts: Facts) -> bool:
    return module.evidence(facts).holds is Tri.NO or module.against(facts).holds is Tri.YES
