"""Scenarios in the simulator for the tests of single probes: short ones, bad lines, and nothing left behind."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from natscope.diagnosis.engine import diagnose
from natscope.lab.build_sim import SERVERS_START_S, simulated
from natscope.lab.library import load_scenario
from natscope.lab.scenario import Scenario
from natscope.lab.scenario_map import relay_map
from natscope.lab.scenario_values import read_scenario
from natscope.model.relay_map import LoadedMap
from natscope.model.report import Report
from natscope.netcheck.assemble import assemble
from natscope.netcheck.history import History
from natscope.netcheck.options import NetcheckOptions
from natscope.netcheck.run import RunInputs, run_probes
from natscope.plugins.loader import PROBES, find
from natscope.web.client import HttpClient

TRUTH = '\n[truth.alice]\nudp = "yes"\n'
HOST = '\n[hosts.alice]\nat = "home"\n'


def scenario(text: str, *, host: str = "") -> Scenario:
    """`alice` behind the site `home`, which `text` describes; `host` are further lines about her."""
    return read_scenario("short", f'title = "Short"\nabout = "For one test."\n{text}{HOST}{host}{TRUTH}')


def lossy(name: str, loss: float) -> Scenario:
    """A shipped scenario whose site `home` loses packets in both directions."""
    found = load_scenario(name)
    home = found.sites["home"]
    worse = replace(home, link=replace(home.link, loss=loss), back=replace(home.back, loss=loss))
    return replace(found, sites=found.sites | {"home": worse})


def probed(wanted: Scenario, *only: str, seed: int = 1, **options: Any) -> Report:
    """A netcheck of `alice` with these probes alone. Nothing of it may be left behind: no socket, no task."""
    with simulated(wanted, seed) as net:
        net.run(asyncio.sleep(SERVERS_START_S))
        host = net.hosts["alice"]

        async def work() -> Report:
            running = tasks()
            inputs = RunInputs(
                host=host,
                loaded_map=LoadedMap(relay_map=relay_map(wanted), source="map.json", kind="file"),
                options=NetcheckOptions(only=only, **options),
                history=History(),
                found=find(PROBES),
                http=lambda: HttpClient(host),
                stop=asyncio.Event(),
            )
            record = await run_probes(inputs)
            await asyncio.sleep(0)
            assert tasks() <= running
            return diagnose(assemble(record))

        report = net.run(work())
        assert not host.node.stack.udp, "a socket is left"
        return report


def tasks() -> set[asyncio.Task[Any]]:
    """What runs, but for the relays' ends of connections: where a packet is lost, they close later than ours."""
    return {task for task in asyncio.all_tasks() if "SimListener" not in getattr(task.get_coro(), "__qualname__", "")}
