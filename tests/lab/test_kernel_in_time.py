"""A usual netcheck on real sockets, alone and with no option but the map: it ends within the 5 s that it has.

The report says so itself: `limit_reached` where the limit had to end it, and `duration_ms` by its own clock. The
promise of 2 s in a healthy network is held in virtual time (`test_scenarios.py`): here a busy computer counts too.
"""

from __future__ import annotations

import sys
from dataclasses import replace

import msgspec
import pytest

from natscope.lab.kernel.bed import Running, standing
from natscope.lab.library import load_scenario
from natscope.lab.scenario import MeasureHow
from natscope.lab.truth import compare, unexplained
from natscope.model.report import Report
from natscope.netcheck.options import NetcheckOptions
from tests.lab.kernel_lab import require_lab

pytestmark = pytest.mark.kernel

NETWORKS = ("full-cone", "ipv6-firewall", "relay-off", "udp-blocked")
"""Healthy with IPv4, healthy with both, a relay that is silent over everything, a network that is silent over UDP."""
ON_DEMAND = ("hairpinning", "hairpin_source", "finding NS-NAT-10")
"""Claims about what takes an option."""
TRIES = 3
"""The best one counts, since this computer may have been busy with others during one."""


def usual_run(lab: Running, host: str) -> Report:
    argv = [sys.executable, "-m", "natscope", "netcheck", "--json", "--derp-map", str(lab.map_file)]
    return msgspec.json.decode(lab.exec(host, argv).stdout, type=Report)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_usual_run_ends_before_its_limit_and_is_true(name: str) -> None:
    require_lab()
    scenario = replace(load_scenario(name), how=MeasureHow(hairpin=False))
    (host,) = scenario.measured()
    limit_ms = NetcheckOptions().timeout_s * 1000
    with standing(scenario) as lab:
        for _ in range(TRIES):
            report = usual_run(lab, host.name)
            if not report.limit_reached:
                break
    assert not report.limit_reached
    assert report.duration_ms <= limit_ms
    found = [one for one in compare(scenario, {host.name: report}) if one.what not in ON_DEMAND]
    assert [one for one in found if not one.acceptable] == []
    assert set(unexplained(scenario, host.name, report)) <= {"hairpinning"}
