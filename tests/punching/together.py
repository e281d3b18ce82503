"""Two hosts of one scenario: their reports, and whether they punch through to each other."""

from __future__ import annotations

from dataclasses import replace

from natscope.diagnosis.pair.from_report import from_report
from natscope.diagnosis.pair.predict import predict
from natscope.diagnosis.pair.side import PEER
from natscope.lab.build_sim import sim_reports, simulated
from natscope.lab.scenario_values import read_scenario
from natscope.model.pair import Prediction
from tests.punching.punch import punch


def foretold(text: str, one: str, other: str) -> Prediction:
    """From a netcheck on both."""
    reports = sim_reports(read_scenario("together", text))
    return predict(from_report(reports[one]), from_report(reports[other], PEER, peer=True))


def is_direct(text: str, one: str, other: str) -> bool:
    """In the network of the scenario."""
    scenario = read_scenario("together", text)
    sites = {n: replace(site, mapping_service=None, opens_tls=False) for n, site in scenario.sites.items()}
    with simulated(replace(scenario, sites=sites, relays={}, faults=())) as net:
        return punch(net, net.hosts[one], net.hosts[other])
