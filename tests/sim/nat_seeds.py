"""Many seeds of one NAT scenario behind a bad link: what the NAT probes say, held against the scenario's truth.

Only the STUN servers of the relays are built, and only the probes that lead to mapping and filtering run. The link of
each host loses, or reorders, in both directions.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

from natscope.lab.build_sim import SERVERS_START_S, simulated
from natscope.lab.library import load_scenario
from natscope.lab.scenario import Scenario
from natscope.lab.scenario_map import relay_map
from natscope.lab.scenario_relays import Port
from natscope.model.relay_map import LoadedMap
from natscope.model.report import NatFamilyReport
from natscope.model.tri import Tri
from natscope.netcheck.assemble import assemble
from natscope.netcheck.history import History
from natscope.netcheck.options import NetcheckOptions
from natscope.netcheck.run import RunInputs, run_probes
from natscope.plugins.loader import PROBES, find
from natscope.web.client import HttpClient

PROBES_RUN = ("interfaces", "relay_stun", "nat_servers", "nat_mapping", "nat_filtering")
CLAIMS = ("mapping", "filtering", "mapping_varies", "several_addresses")
TIME_LIMIT_MS = 5000.0


@dataclass(frozen=True)
class BadLink:
    """What every datagram of the host has to expect, each way."""

    loss: float = 0.0
    reordering: float = 0.0
    held_back_s: float = 0.0

    def applied(self, scenario: Scenario) -> Scenario:
        """The scenario with it, and with relays that serve nothing but STUN."""
        relays = {name: replace(relay, tcp=Port.CLOSED) for name, relay in scenario.relays.items()}
        return replace(self.on_hosts(scenario), relays=relays)

    def on_hosts(self, scenario: Scenario) -> Scenario:
        """The scenario with it."""
        changes: dict[str, Any] = {"loss": self.loss, "reordering": self.reordering, "held_back_s": self.held_back_s}
        hosts = {
            name: replace(host, link=replace(host.link, **changes), back=replace(host.back, **changes))
            for name, host in scenario.hosts.items()
        }
        return replace(scenario, hosts=hosts)


@dataclass
class Tally:
    """Of `runs` hosts: how many were told each claim rightly, and every wrong verdict with its seed."""

    scenario: str
    runs: int = 0
    told: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    unknown: Counter[str] = field(default_factory=Counter)
    """Reasons."""
    slowest_ms: float = 0.0

    def share(self, claim: str) -> float:
        """Of runs that were told it."""
        return self.told[claim] / self.runs


def tally(name: str, link: BadLink, seeds: range) -> Tally:
    """Run them all."""
    scenario, found = link.applied(load_scenario(name)), Tally(name)
    for seed in seeds:
        run_one(scenario, seed, found)
    return found


def run_one(scenario: Scenario, seed: int, found: Tally) -> None:
    """One seed."""
    loaded = LoadedMap(relay_map=relay_map(scenario), source=f"{scenario.name}.json", kind="file")
    with simulated(scenario, seed) as net:
        net.run(asyncio.sleep(SERVERS_START_S))
        for measured in scenario.measured():
            host = net.hosts[measured.name]
            inputs = RunInputs(
                host=host,
                loaded_map=loaded,
                options=NetcheckOptions(only=PROBES_RUN),
                history=History(),
                found=find(PROBES),
                http=lambda host=host: HttpClient(host),  # type: ignore[misc]
                stop=asyncio.Event(),
            )
            report = assemble(net.run(run_probes(inputs)))
            truth = scenario.truth[measured.name]
            nat = report.nat.v4 if truth.nat_family == 4 else report.nat.v6
            found.runs += 1
            found.slowest_ms = max(found.slowest_ms, report.duration_ms)
            _compare(f"{scenario.name} seed {seed} {measured.name}", truth.claims(), nat, found)


def _compare(who: str, truth: dict[str, object], nat: NatFamilyReport, found: Tally) -> None:
    for claim in CLAIMS:
        told, expected = getattr(nat, claim), truth.get(claim)
        if expected is None:
            continue
        if told == expected:
            found.told[claim] += 1
        elif told == "unknown":
            found.unknown[f"{claim}: {nat.reasons.get(claim, 'no reason')}"] += 1
        else:
            found.wrong.append(f"{who}: {claim} is {told}, truth {expected}")
    if nat.address_changed is Tri.YES:
        found.wrong.append(f"{who}: the address is said to have changed")
