"""Relays of a region in the simulator: the driver on streams, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from natscope.machines.derp.relay import Relay
from natscope.machines.derp.settings import RelaySettings
from natscope.model.endpoint import Endpoint
from natscope.relay.log import Log
from natscope.relay.mesh import MeshLinks
from natscope.relay.mesh_peers import parse_mesh_peers
from natscope.sim.binding import UNSPECIFIED
from natscope.sim.topology import Network
from natscope.wire.keys import PrivateKey
from tests.relay.mesh_contract import MESH_KEY, MeshContract
from tests.relay_client.relays import Served, serving
from tests.sim.ends import address
from tests.sim.running import this_network

NAMES = ("one", "two")


class SimRegion:
    """Two relays and a client behind a router."""

    def __init__(self, net: Network) -> None:
        internet = net.internet()
        self.hosts = {name: net.host(name, at=internet) for name in NAMES}
        self.client_host = net.host("client", at=net.nat("home", at=internet))
        self.ca_file = str(net.authority.ca_file)
        self.lines: list[str] = []
        self._tls = net.authority.issue(["relay.test", *(f"{name}.test" for name in NAMES)]).files
        self._keys = {name: PrivateKey(self.client_host.rng.bytes(32)) for name in NAMES}
        self._served: dict[str, Served] = {}
        self._stacks: dict[str, AsyncExitStack] = {}

    def relay(self, name: str) -> Relay:
        return self._served[name].relay

    def at(self, name: str) -> Endpoint:
        return Endpoint(address(self.hosts[name]), 443)

    async def start(self, name: str) -> None:
        host, stack = self.hosts[name], AsyncExitStack()
        settings = RelaySettings(mesh_key=MESH_KEY)
        relay = serving(host, Endpoint(UNSPECIFIED[4], 443), self._tls, settings=settings, private=self._keys[name])
        self._served[name] = served = await stack.enter_async_context(relay)
        peers = parse_mesh_peers(f"{other}.test" for other in NAMES)
        log = Log(self.lines.append, host.clock.utc)
        links = MeshLinks(host, self._keys[name], MESH_KEY, peers, log)
        task = asyncio.ensure_future(links.keep(served.server))

        async def stop() -> None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        stack.push_async_callback(stop)
        self._stacks[name] = stack

    async def kill(self, name: str) -> None:
        await self._stacks.pop(name).aclose()


class TestInTheSimulator(MeshContract):
    """The contract on driver B."""

    @pytest.fixture
    async def region(self) -> AsyncIterator[SimRegion]:
        net = this_network()
        region = SimRegion(net)
        for name in NAMES:
            await region.start(name)
        yield region
        for name in NAMES:
            await region.kill(name)
        net.close()
