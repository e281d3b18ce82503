"""Filtering by CHANGE-REQUEST behind loss: nobody counts what such a server sent, and still no verdict is wrong."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from natscope.machines.nat.presets import PRESETS
from natscope.machines.stun_responder import Place
from natscope.model.nat import Filtering
from natscope.model.relay_map import LoadedMap, RelayMap, RelayNode, RelayRegion
from natscope.netcheck.assemble import assemble
from natscope.sim.link import LinkSpec
from natscope.sim.topology import Network
from tests.sim.nat_seeds import PROBES_RUN
from tests.sim.relays import measure, serve_stun
from tests.sim.test_discovery import alternate_server

SEEDS = 30
KINDS = ("full-cone", "restricted", "port-restricted", "symmetric-random")


def region(number: int, address: str) -> RelayRegion:
    node = RelayNode(name=f"{number}a", region_id=number, host_name=f"r{number}.test", ipv4=address, ipv6="none")
    return RelayRegion(region_id=number, region_code=f"r{number}", region_name=f"Region {number}", nodes=(node,))


def told(kind: str, loss: float, seed: int) -> Filtering:
    """By one server with two addresses and a plain relay beside it."""
    with Network(seed) as net:
        internet = net.internet()
        home = net.nat("home", at=internet, kind=kind, link=LinkSpec(latency_s=0.005, loss=loss))
        host = net.host("host", at=home)
        plain = net.host("plain", at=internet, link=LinkSpec(latency_s=0.01))
        net.start(plain, serve_stun(plain))

        async def run() -> Filtering:
            places = alternate_server(net)
            await asyncio.sleep(0.01)
            other = plain.node.ports["eth0"].address(4)
            regions = (region(1, str(places[Place(0, 0)].ip)), region(2, str(other)))
            loaded = LoadedMap(relay_map=RelayMap(regions=regions), source="map.json", kind="file")
            nat = assemble(await measure(host, loaded, only=PROBES_RUN)).nat.v4
            assert nat.filtering is Filtering.UNKNOWN or nat.filtering_by == str(places[Place(0, 0)])
            return nat.filtering

        return net.run(run())


@pytest.mark.parametrize("loss", [0.0, 0.02, 0.1])
@pytest.mark.parametrize("kind", KINDS)
def test_no_verdict_is_wrong_and_most_are_told(kind: str, loss: float) -> None:
    found = Counter(told(kind, loss, seed) for seed in range(SEEDS if loss else 1))
    assert set(found) <= {PRESETS[kind].config.filtering, Filtering.UNKNOWN}
    assert found[PRESETS[kind].config.filtering] >= 0.75 * found.total()
