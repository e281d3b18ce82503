"""Relays of a region on this computer's sockets: the epoll driver, links on its own loop."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from natscope.host.real.host import build_real_host
from natscope.host.real.relay_loop import RelayLoop
from natscope.machines.derp.front import Front
from natscope.machines.derp.pages import Pages
from natscope.machines.derp.relay import Relay
from natscope.machines.derp.settings import RelaySettings
from natscope.model.endpoint import Endpoint
from natscope.relay.log import Log
from natscope.relay.mesh import MeshLinks
from natscope.relay.mesh_peers import parse_mesh_peers
from natscope.wire.keys import PrivateKey
from tests.relay.drivers import AUTHORITY, WAIT_S, server_context
from tests.relay.mesh_contract import MESH_KEY, MeshContract


class EpollRelay:
    """One relay in a thread of its own; `mesh` runs its links in this thread, as the loop beside it would."""

    def __init__(self, at: Endpoint) -> None:
        self.relay = Relay(PrivateKey(os.urandom(32)), RelaySettings(mesh_key=MESH_KEY))
        self.loop = RelayLoop(Front(self.relay, Pages(), lambda: "now"))
        self.at = self.loop.listen(at, server_context())
        self.thread = threading.Thread(target=self.loop.serve, daemon=True)
        self.thread.start()
        self.mesh: asyncio.Task[None] | None = None

    async def end(self) -> None:
        if self.mesh is not None:
            self.mesh.cancel()
            await asyncio.gather(self.mesh, return_exceptions=True)
        self.loop.stop()
        self.thread.join(WAIT_S)
        assert not self.thread.is_alive()
        self.loop.close()


class EpollRegion:
    """Keys, ports and certificates stay over a restart, as those of a service do."""

    def __init__(self, ca_file: str) -> None:
        self.client_host = build_real_host()
        self.ca_file = ca_file
        self.lines: list[str] = []
        self.log = Log(self.lines.append, self.client_host.clock.utc)
        self.relays = {name: EpollRelay(Endpoint.parse("127.0.0.1:0")) for name in ("one", "two")}
        self.ports = {name: relay.at.port for name, relay in self.relays.items()}
        for name in self.relays:
            self._link(name)

    def relay(self, name: str) -> Relay:
        return self.relays[name].relay

    def at(self, name: str) -> Endpoint:
        return self.relays[name].at

    async def start(self, name: str) -> None:
        self.relays[name] = EpollRelay(Endpoint.parse(f"127.0.0.1:{self.ports[name]}"))
        self._link(name)

    async def kill(self, name: str) -> None:
        await self.relays[name].end()

    def _link(self, name: str) -> None:
        relay = self.relays[name]
        peers = parse_mesh_peers(f"relay.test:{port}/127.0.0.1" for port in self.ports.values())
        links = MeshLinks(self.client_host, relay.relay.private, MESH_KEY, peers, self.log, ca_file=self.ca_file)
        relay.mesh = asyncio.ensure_future(links.keep(relay.loop))


class TestOnEpoll(MeshContract):
    """The contract on driver A."""

    @pytest.fixture
    async def region(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[EpollRegion]:
        monkeypatch.setattr("natscope.relay.mesh.RECONNECT_S", 0.1)
        AUTHORITY.cert_pem.write_to_path(tmp_path / "ca.pem")
        region = EpollRegion(str(tmp_path / "ca.pem"))
        yield region
        for relay in region.relays.values():
            await relay.end()
