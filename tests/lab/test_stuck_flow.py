"""Rows of a computer whose own rules send to one peer from a wrong port: as Linux prints them, one of them stuck."""

from __future__ import annotations

from natscope.lab.library import load_scenario
from natscope.lab.stuck_flow import INSIDE, VPN_PORT, WIRE_PORT, table
from natscope.wire.conntrack import read_flows
from natscope_probes.host_connections import stuck_flows


def test_one_row_is_stuck() -> None:
    scenario = load_scenario("stuck-flow")
    here = scenario.hosts["alice"].address(4)
    assert here is not None
    flows = list(read_flows(table(scenario, scenario.hosts["alice"])))
    assert [(f.source.ip, f.replied, f.is_rewritten) for f in flows] == [
        (INSIDE, False, False), (here, False, True), *[(here, True, False)] * 3,
    ]  # fmt: skip
    assert {f.seen_as.ip for f in flows} == {here}
    assert list(stuck_flows(flows, {here, INSIDE})) == [
        {"port": VPN_PORT, "peer": "203.0.113.11:41641", "wire_port": WIRE_PORT}
    ]
