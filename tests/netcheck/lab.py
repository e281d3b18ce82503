"""Maps, worlds and runs for the tests of the netcheck."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Callable
from typing import Any

import msgspec

from natscope.model.endpoint import Endpoint
from natscope.model.relay_map import LoadedMap, RelayMap, RelayNode, RelayRegion
from natscope.model.report import Report
from natscope.netcheck.assemble import assemble
from natscope.netcheck.history import History
from natscope.netcheck.options import NetcheckOptions
from natscope.netcheck.progress import Progress
from natscope.netcheck.record import RunRecord
from natscope.netcheck.run import RunInputs, run_probes
from natscope.plugins.loader import PROBES, Found, find
from tests.netcheck.fake_host import Script, VirtualLoop, World, answer, run_virtual

BASIC = ("interfaces", "relay_stun", "relay_https", "relay_icmp", "captive_portal")


def v4(region: int, node: int = 0) -> str:
    return f"198.51.100.{region * 8 + node}"


def v6(region: int, node: int = 0) -> str:
    return f"2001:db8:ffff::{region * 8 + node}"


def node(region: int, number: int = 0, **fields: Any) -> RelayNode:
    name = f"{region}{'abcdefgh'[number]}"
    values = {"ipv4": v4(region, number), "ipv6": v6(region, number), "host_name": f"r{name}.relay.test"} | fields
    return RelayNode(name=name, region_id=region, **values)


def region(number: int, nodes: int = 1, **fields: Any) -> RelayRegion:
    chosen = fields.pop("node_fields", {})
    return RelayRegion(
        region_id=number,
        region_code=f"r{number}",
        region_name=f"Region {number}",
        nodes=tuple(node(number, n, **chosen) for n in range(nodes)),
        **fields,
    )


def loaded(*regions: RelayRegion, vendor: bool = False) -> LoadedMap:
    return LoadedMap(relay_map=RelayMap(regions=regions), source="map.json", kind="file", vendor=vendor)


def at(address: str, port: int = 3478) -> Endpoint:
    return Endpoint(ipaddress.ip_address(address), port)


def both(number: int, script: Script) -> dict[Endpoint, Script]:
    """The first node of a region over both families."""
    return {at(v4(number)): script, at(v6(number)): script}


def basic_probes() -> Found:
    """What finds relays and their state: the run's own tests count packets, and each other probe has its own."""
    everything = find(PROBES)
    return msgspec.structs.replace(everything, modules=tuple(m for m in everything.modules if m.name in BASIC))


def measure(
    world: World,
    map_: LoadedMap,
    *,
    history: History | None = None,
    stop_after_s: float | None = None,
    progress: Callable[[Progress], None] | None = None,
    found: Found | None = None,
    loading_s: float = 0.0,
    **options: Any,
) -> RunRecord:
    """A whole run with the built-in probes, in virtual time. A busy computer takes `loading_s` to load its client."""

    def http() -> World:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        loop.virtual += loading_s
        return world

    async def work() -> RunRecord:
        stop = asyncio.Event()
        if stop_after_s is not None:
            asyncio.get_running_loop().call_later(stop_after_s, stop.set)
        return await run_probes(
            RunInputs(
                host=world.host(),
                loaded_map=map_,
                options=NetcheckOptions(**options),
                history=history or History(),
                found=found or (find(PROBES) if options.get("only") or options.get("skip") else basic_probes()),
                http=http,
                stop=stop,
                progress=progress,
            )
        )

    return run_virtual(work())


def report_of(world: World, map_: LoadedMap, **options: Any) -> Report:
    return assemble(measure(world, map_, **options))


def worlds(count: int, slowest_s: float) -> World:
    world = World()
    for number in range(1, count + 1):
        world.relays |= both(number, answer(slowest_s * number / count))
    return world


def maps(count: int, **fields: Any) -> LoadedMap:
    return loaded(*(region(number, **fields) for number in range(1, count + 1)))
