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
from tests.relay.mesh_contract import MESH_KEY, MeshContract, until


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


class Alone:
    """One relay, and the links of another one to it, in this process."""

    def __init__(self, ca_file: str) -> None:
        self.host = build_real_host()
        self.relay, self.other = EpollRelay(Endpoint.parse("127.0.0.1:0")), EpollRelay(Endpoint.parse("127.0.0.1:0"))
        self.lines: list[str] = []
        self.peers = parse_mesh_peers([f"relay.test:{self.relay.at.port}/127.0.0.1"])
        log = Log(self.lines.append, self.host.clock.utc)
        self.links = MeshLinks(self.host, self.other.relay.private, MESH_KEY, self.peers, log, ca_file=ca_file)
        self.other.mesh = asyncio.ensure_future(self.links.keep(self.other.loop))

    async def end(self) -> None:
        await self.other.end()
        await self.relay.end()


async def test_a_relay_whose_certificate_is_not_trusted_is_told_nothing() -> None:
    """Whoever stands between two relays would learn the mesh key otherwise."""
    alone = Alone("")
    try:
        await until(lambda: any("certificate" in line for line in alone.lines))
        assert alone.relay.relay.counters.accepts == 0
        assert not any("linked to" in line for line in alone.lines)
    finally:
        await alone.end()


async def test_links_follow_the_list_of_relays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("natscope.relay.mesh.RECONNECT_S", 0.1)
    AUTHORITY.cert_pem.write_to_path(tmp_path / "ca.pem")
    alone = Alone(str(tmp_path / "ca.pem"))
    watchers = alone.relay.relay.registry.watchers
    try:
        await until(lambda: len(watchers) == 1)
        [first] = watchers
        alone.links.change(alone.peers, MESH_KEY)  # nothing new: the link stays
        await asyncio.sleep(0.2)
        assert list(watchers) == [first]
        alone.links.change((), MESH_KEY)
        await until(lambda: not watchers)
        alone.links.change(alone.peers, MESH_KEY)
        await until(lambda: len(watchers) == 1)
        assert alone.relay.relay.counters.accepts == 2
    finally:
        await alone.end()


async def test_with_another_key_the_new_link_stands_before_the_old_one_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("natscope.relay.mesh.SETTLE_S", 0.1)
    AUTHORITY.cert_pem.write_to_path(tmp_path / "ca.pem")
    alone, new = Alone(str(tmp_path / "ca.pem")), bytes(32 * [9])
    watchers = alone.relay.relay.registry.watchers
    most = 0

    def look() -> bool:
        nonlocal most
        most = max(most, len(watchers))
        return len(watchers) == 1 and first not in watchers

    try:
        await until(lambda: len(watchers) == 1)
        [first] = watchers
        alone.links.change(alone.peers, new)  # which the other relay does not admit yet
        await until(lambda: alone.relay.relay.counters.accepts >= 2)
        assert first in watchers
        alone.relay.loop.post(
            lambda _: alone.relay.relay.reconfigure(write_limit_s=2.0, mesh_key=MESH_KEY, other_mesh_keys=(new,))
        )
        await until(look)
        assert most == 2
    finally:
        await alone.end()
