"""One finding measured again in the simulator: unchanged it is still there, as certain; gone takes facts against it."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
import pytest

from natscope.apps.finding_again import answer, options_again, port_of, probes_of
from natscope.diagnosis.why import Chain, Standing, why
from natscope.lab.build_sim import sim_reports
from natscope.lab.library import all_scenarios, load_scenario
from natscope.lab.scenario import Bed
from natscope.lab.shown import shown_by
from natscope.model.report import Report
from natscope.netcheck.options import LIFETIME_S, NetcheckOptions
from tests.lab.simulated import reports_of
from tests.reports.scenes import load

SHOWN = shown_by(scenario for scenario in all_scenarios() if scenario.can(Bed.SIM))


@dataclass(frozen=True, slots=True)
class Again:
    """What the second run says. `gone` and `because` as a user is told."""

    chain: Chain
    gone: bool | None
    because: str


def finder(cause: str, scenario: str) -> Report:
    """The report of the scenario's first host that has the finding."""
    truths = load_scenario(scenario).truth
    return reports_of(scenario)[next(host for host, truth in truths.items() if cause in truth.findings)]


def measured_again(cause: str, before: Report, scenario: str) -> Again:
    """What `natscope check CAUSE` says in a network, after a report that has the finding."""
    rested_on = probes_of(before, cause)
    options = options_again(NetcheckOptions(source_port=port_of(before, cause)), rested_on, timeout_given=False)
    reports = sim_reports(load_scenario(scenario), options=options)
    after = reports.get(before.host.name) or next(iter(reports.values()))
    chain = why(after, cause)
    return Again(chain, *answer(chain, after, rested_on))


@pytest.mark.parametrize("cause", SHOWN)
def test_an_unchanged_network_still_has_it_as_certain_as_before(cause: str) -> None:
    before = finder(cause, SHOWN[cause][0])
    found = measured_again(cause, before, SHOWN[cause][0])
    assert (found.gone, found.because) == (False, "")
    assert found.chain.support.certainty is why(before, cause).support.certainty
