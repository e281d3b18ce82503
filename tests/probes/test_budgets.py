"""What each probe declares to spend is a bound: alone, in networks that are sound, lossy, silent, or hang at names."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, replace

import pytest

from natscope.apps.probe import asked_for, needed
from natscope.host.programs_api import NoPrograms, ProgramEnd
from natscope.lab.build_sim import SERVERS_START_S, simulated
from natscope.lab.library import load_scenario
from natscope.lab.scenario import Scenario
from natscope.lab.scenario_map import relay_map
from natscope.model.observation import ProbeOutcome
from natscope.model.relay_map import LoadedMap
from natscope.netcheck.history import History
from natscope.netcheck.node_addresses import LIMIT_S as NAMES_S
from natscope.netcheck.options import NetcheckOptions, with_limit
from natscope.netcheck.run import RunInputs, run_probes
from natscope.netcheck.selection import load_all
from natscope.netcheck.targets import targets_of
from natscope.plugins.loader import PROBES, find
from natscope.plugins.probe import Probe
from natscope.web.client import HttpClient
from natscope_probes._path_targets import MAX_LOOKUPS
from tests.probes.simulated import lossy

FOUND = find(PROBES)
DECLARED: dict[str, Probe] = {item.probe.name: item.probe for item in load_all(FOUND.modules, lambda error: None)}
NETWORKS = {
    "sound": load_scenario("mapping-all"),
    "two families": load_scenario("ipv6-firewall"),
    "lossy": lossy("port-restricted", 0.1),
    "silent": lossy("port-restricted", 1.0),
    "without UDP": load_scenario("udp-blocked"),
    "hanging names": load_scenario("dns-hangs"),
}
SLACK_S = 0.001


class Slow(NoPrograms):
    """A child that does not end before its limit."""

    async def pystun3(self, server: str, port: int, source: str, *, timeout_s: float) -> ProgramEnd:
        await asyncio.sleep(timeout_s)
        return ProgramEnd(failure="time")


@dataclass(frozen=True)
class Spent:
    """What one probe says it spent, and what `natscope targets` had told of it."""

    outcome: ProbeOutcome
    packets: int
    bytes: int


def spent(what: Scenario, probe: Probe) -> Spent:
    """Of a full run of it and of the probes that it builds on."""
    with simulated(what) as net:
        plain = net.hosts[what.measured()[0].name]
        host = replace(plain, programs=Slow(), capabilities=plain.capabilities | {"programs"})
        options = NetcheckOptions(only=needed(probe.name, DECLARED), profile="full")
        asked = with_limit(asked_for(options, probe))
        loaded = LoadedMap(relay_map=relay_map(what), source="map.json", kind="file")
        told: Counter[str] = Counter()
        for target in targets_of(loaded, asked, FOUND, host.capabilities, lambda error: None):
            if target.probe == probe.name:
                told += Counter(packets=target.packets, bytes=target.bytes)

        async def run() -> ProbeOutcome:
            await asyncio.sleep(SERVERS_START_S)
            inputs = RunInputs(
                host=host, loaded_map=loaded, options=asked, history=History(), found=FOUND,
                http=lambda: HttpClient(host), stop=asyncio.Event(),
            )  # fmt: skip
            return next(o for o in (await run_probes(inputs)).probes if o.name == probe.name)

        return Spent(net.run(run()), told["packets"], told["bytes"])


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("name", DECLARED)
def test_no_probe_spends_more_than_it_declares(name: str, network: str) -> None:
    found, budget = spent(NETWORKS[network], DECLARED[name]), DECLARED[name].budget
    outcome = found.outcome
    assert outcome.state != "failed", outcome.reason
    assert outcome.packets_sent <= min(budget.packets, found.packets)
    assert outcome.bytes_sent <= min(budget.bytes, found.bytes)
    names_s = MAX_LOOKUPS * NAMES_S if network == "hanging names" else 0.0
    assert outcome.elapsed_ms / 1000 <= budget.seconds + names_s + SLACK_S
