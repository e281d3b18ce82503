"""What one probe saw rules out only what that probe can tell: of a cause that is there, no report of it says no."""

from __future__ import annotations

import msgspec
import pytest

from natscope.diagnosis.why import Standing, why
from natscope.lab.build_sim import sim_records
from natscope.lab.library import all_scenarios, load_scenario
from natscope.lab.scenario import Bed
from natscope.lab.shown import shown_by
from natscope.netcheck.assemble import assemble

SHOWN = shown_by(scenario for scenario in all_scenarios() if scenario.can(Bed.SIM))
SCENARIOS = tuple(dict.fromkeys(names[0] for names in SHOWN.values()))
SOCKETS = "stun"
"""What the run itself writes down of its sockets, whichever probe runs."""
TRUE_FOR_ITSELF = {("changed-meanwhile", "nat_mapping"), ("port-dependent", "relay_stun")}
"""A probe that starts after the change sees none; relays that are all asked at one port see no dependence on it."""
RULES_OUT = (Standing.NOT_SEEN, Standing.CONTRADICTED)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_no_probe_alone_rules_out_what_is_there(scenario: str) -> None:
    truths = load_scenario(scenario).truth
    wrong = []
    for host, record in sim_records(load_scenario(scenario)).items():
        for probe in sorted({seen.probe for seen in record.observations} - {SOCKETS}):
            seen = tuple(o for o in record.observations if o.probe in (probe, SOCKETS))
            report = assemble(msgspec.structs.replace(record, observations=seen))
            there = [cause for cause in truths[host].findings if why(report, cause).standing in RULES_OUT]
            if (scenario, probe) not in TRUE_FOR_ITSELF:
                wrong += [(probe, cause) for cause in there]
    assert wrong == []
