"""Moves of the home in earlier runs: what a run writes down of them, from run to run in the simulator."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from natscope.lab.build_sim import sim_reports
from natscope.lab.library import load_scenario
from natscope.model.observation import Observation
from natscope.netcheck.home import network_of
from tests.netcheck.fake_host import LINKS

SCENARIO = load_scenario("home-flaps")


def moves(earlier: int) -> tuple[Observation, ...]:
    report = sim_reports(replace(SCENARIO, how=replace(SCENARIO.how, earlier=earlier)))["alice"]
    return tuple(o for o in report.observations if o.kind == "relay.moves")


def test_a_first_run_tells_none() -> None:
    assert moves(0) == ()


def test_later_runs_tell_those_of_before_with_their_age_and_place() -> None:
    [told] = moves(3)
    first, second = told.data["moves"]
    assert (first["old"], first["new"], first["here"]) == (1, 2, True)
    assert (second["old"], second["new"], second["here"]) == (2, 1, True)
    assert 1200 < first["ago_s"] < 1220
    assert told.summary.endswith("moved 2 times")


def test_a_network_is_known_by_its_gateways() -> None:
    assert network_of(LINKS) == "eth0 192.168.1.1"
    six = tuple(route for route in LINKS.default_routes if route.family == 6)
    assert network_of(msgspec.structs.replace(LINKS, default_routes=six)) == "eth0 fe80::1"
    assert network_of(None) == ""
