"""One host of a shipped scenario in the simulator, measured by the NAT probes alone."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

from natscope.lab.build_sim import SERVERS_START_S, simulated
from natscope.lab.library import load_scenario
from natscope.lab.scenario import Scenario
from natscope.lab.scenario_map import relay_map
from natscope.lab.scenario_relays import Port
from natscope.model.observation import Observation
from natscope.model.relay_map import LoadedMap
from natscope.model.report import NatFamilyReport, Report
from natscope.netcheck.assemble import assemble
from natscope.netcheck.history import History
from natscope.netcheck.options import NetcheckOptions
from natscope.netcheck.run import RunInputs, run_probes
from natscope.plugins.loader import PROBES, find
from natscope.web.client import HttpClient

ALL = ("interfaces", "relay_stun", "nat_servers", "nat_mapping", "nat_filtering")


@dataclass(frozen=True)
class Seen:
    """The report, and how many sockets are still open."""

    report: Report
    sockets: int

    @property
    def nat(self) -> NatFamilyReport:
        return self.report.nat.v4

    def of(self, kind: str) -> list[Observation]:
        return [o for o in self.report.observations if o.kind == kind]


def without_helpers(scenario: Scenario) -> Scenario:
    """Plain relays only."""
    relays = {name: replace(relay, helper=False) for name, relay in scenario.relays.items()}
    return replace(scenario, relays=relays)


def scenario(name: str, *, helpers: bool = True) -> Scenario:
    """With relays that serve nothing but STUN."""
    found = load_scenario(name)
    relays = {key: replace(relay, tcp=Port.CLOSED) for key, relay in found.relays.items()}
    found = replace(found, relays=relays)
    return found if helpers else without_helpers(found)


def measured(what: Scenario, *only: str, seed: int = 1, stop_at_s: float | None = None, **options: object) -> Seen:
    """Its first host. `stop_at_s`: interrupted then."""
    with simulated(what, seed) as net:
        host = net.hosts[what.measured()[0].name]
        loaded = LoadedMap(relay_map=relay_map(what), source="map.json", kind="file")

        async def run() -> Report:
            await asyncio.sleep(SERVERS_START_S)
            stop = asyncio.Event()
            if stop_at_s is not None:
                asyncio.get_running_loop().call_later(stop_at_s, stop.set)
            inputs = RunInputs(
                host=host,
                loaded_map=loaded,
                options=NetcheckOptions(only=only or ALL, **options),  # type: ignore[arg-type]
                history=History(),
                found=find(PROBES),
                http=lambda: HttpClient(host),
                stop=stop,
            )
            return assemble(await run_probes(inputs))

        return Seen(net.run(run()), len(host.node.stack.udp))
