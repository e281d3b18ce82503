"""Relays in the simulator with faults planted in them, and a check of them as the program makes it."""

from __future__ import annotations

import asyncio
import atexit
import functools
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import msgspec

from natscope.host.api import Host, ServerTls, Stream
from natscope.host.real.tls import TlsContexts
from natscope.machines.derp.client import Client
from natscope.machines.derp.front import Front
from natscope.machines.derp.pages import Pages
from natscope.machines.derp.relay import Relay
from natscope.machines.derp.settings import RelaySettings
from natscope.machines.stun_responder import StunResponder
from natscope.model.derp_check import DerpCheck
from natscope.model.endpoint import Endpoint
from natscope.model.finding import Finding
from natscope.model.relay_map import LoadedMap, RelayMap, RelayNode, RelayRegion
from natscope.relay.host_relay import HostRelay
from natscope.relay.log import Log
from natscope.relay.mesh import MeshLinks
from natscope.relay.mesh_peers import parse_mesh_peers
from natscope.relay_check.assemble import assemble
from natscope.relay_check.options import CheckOptions, CheckRecord
from natscope.relay_check.run import CheckInputs, run_check
from natscope.sim.authority import Authority
from natscope.sim.binding import UNSPECIFIED
from natscope.sim.host import SimHost
from natscope.sim.link import LinkSpec
from natscope.sim.topology import Network
from natscope.stun_server.limits import SourceLimiter
from natscope.stun_server.server import HostServer
from natscope.stun_server.service import StunService
from natscope.web.client import HttpClient
from natscope.web.server import HttpServer, ServerRequest, ServerResponse
from natscope.wire.keys import PrivateKey

HTTPS, HTTP, STUN = 443, 80, 3478
Handle = Callable[[Stream], Any]


@dataclass(kw_only=True)
class Planted:
    """One relay: what is right and wrong with it. `front` replaces what serves its port, `decide` lets clients in."""

    region: int = 1
    name: str = ""
    certificate: str = "right"
    """right, other-name, expired, self-signed, pinned, none (plain HTTP), nothing (the port is closed)."""
    stun: bool = True
    stun_silent: bool = False
    stun_limit: tuple[float, int] = (50.0, 200)
    """Answers a second, and at once."""
    clock_s: float = 0.0
    port80: str = "answers"
    """answers, redirects, closed, or none: the map does not promise it."""
    decide: Callable[[Client], bool] = field(default=lambda client: True)
    relay: Callable[[PrivateKey, RelaySettings], Relay] = Relay
    settings: RelaySettings = field(default_factory=RelaySettings)
    relays: int = 1
    """Servers behind the one port, taken in turn."""
    front: Callable[[Host, Endpoint, ServerTls], Any] | None = None
    mesh: bool = False
    """Meshed with every other node of its region that says so."""
    mesh_key: bytes = b"m" * 32
    map_fields: dict[str, Any] = field(default_factory=dict)


class DroppingRelay(Relay):
    """Lets everybody in and forwards nothing, or not what is longer than `keeps` bytes."""

    def __init__(self, key: PrivateKey, settings: RelaySettings, keeps: int = 0, each: int = 1) -> None:
        super().__init__(key, settings)
        self._keeps, self._each, self._count = keeps, each, 0

    @classmethod
    def of(cls, **fields: int) -> Callable[[PrivateKey, RelaySettings], Relay]:
        return lambda key, settings: cls(key, settings, **fields)

    def received(self, client: Client, data: bytes, now: float) -> Any:
        effects = super().received(client, data, now)
        for outlet in [outlet for outlet in effects.sends if outlet is not client]:
            self._count += 1
            if sum(map(len, effects.sends[outlet])) > self._keeps and self._count % self._each == 0:
                del effects.sends[outlet]
        return effects


class Relays:
    """A client computer `us` and relays on the internet. `check()` runs everything."""

    def __init__(self, *planted: Planted, seed: int = 1, families: tuple[int, ...] = (4, 6)) -> None:
        self.net = network(seed)
        self.internet = self.net.internet()
        self.us = self.net.host("us", at=self.internet, ipv6=6 in families)
        self.running: list[HostRelay] = []
        nodes: dict[int, list[RelayNode]] = {}
        self.names = [one.name or f"{one.region}{'abcdefgh'[number]}" for number, one in enumerate(planted)]
        self.planted = planted
        for name, one in zip(self.names, planted, strict=True):
            nodes.setdefault(one.region, []).append(self._start(one, name))
        self.map = RelayMap(
            regions=tuple(
                RelayRegion(region_id=region, region_code=f"r{region}", region_name=f"Region {region}", nodes=tuple(of))
                for region, of in sorted(nodes.items())
            )
        )

    def _start(self, one: Planted, name: str) -> RelayNode:
        host = self.net.host(f"relay-{name}", at=self.internet, link=LinkSpec(latency_s=0.01))
        host_name = f"relay-{name}.test"
        if one.stun:
            self.net.start(host, serve_stun(host, one.stun_limit))
        host.node.stack.refuses = not one.stun_silent
        cert_name = ""
        if one.certificate != "nothing":
            issued = self.net.authority.issue(
                ["elsewhere.test" if one.certificate == "other-name" else host_name],
                expired=one.certificate == "expired",
                self_signed=one.certificate in ("self-signed", "pinned"),
            )
            cert_name = f"sha256-raw:{issued.pin}" if one.certificate == "pinned" else ""
            self.net.start(host, self._serve(host, one, issued.files))
        fields: dict[str, Any] = {"can_port80": one.port80 != "none", "cert_name": cert_name} | one.map_fields
        return RelayNode(name=name, region_id=one.region, host_name=host_name, **fields)

    async def _serve(self, host: SimHost, one: Planted, tls: ServerTls) -> None:
        def date() -> str:
            return format_datetime(host.clock.utc() + timedelta(seconds=one.clock_s), usegmt=True)

        async def decide(client: Client) -> bool:
            return one.decide(client)

        servers = []
        for _ in range(one.relays):
            key = PrivateKey(host.rng.bytes(32))
            settings = msgspec.structs.replace(one.settings, mesh_key=one.mesh_key) if one.mesh else one.settings
            relay = one.relay(key, settings)
            server = HostRelay(host, Front(relay, Pages(behind_proxy=one.certificate == "none"), date), decide)
            servers.append(server)
            self.net.start(host, server.serve())
            if one.mesh:
                others = [n for n, other in zip(self.names, self.planted, strict=True) if other.region == one.region]
                peers = parse_mesh_peers(f"relay-{other}.test" for other in others)
                links = MeshLinks(host, key, one.mesh_key, peers, Log(lambda line: None, host.clock.utc))
                self.net.start(host, links.keep(server))
        self.running += servers
        shown = None if one.certificate == "none" else tls
        for family in host.node.families:
            at = Endpoint(UNSPECIFIED[family], HTTPS)
            if one.front is not None:
                await one.front(host, at, tls)
            elif len(servers) > 1:
                await in_turn(host, at, tls, servers)
            else:
                await servers[0].listen(at, shown)
            if one.port80 == "redirects":
                await HttpServer(host, to_https).listen(Endpoint(UNSPECIFIED[family], HTTP))
            elif one.port80 == "answers":
                await servers[0].listen(Endpoint(UNSPECIFIED[family], HTTP))
        await asyncio.Event().wait()

    def record(self, **options: Any) -> CheckRecord:
        given: dict[str, Any] = {"proxy": "direct", "stream_bytes": 28_000} | options

        async def go() -> CheckRecord:
            await asyncio.sleep(0.5)  # servers open their ports, and mesh
            inputs = CheckInputs(
                host=self.us,
                http=HttpClient(self.us),
                loaded_map=LoadedMap(relay_map=self.map, source="map.json", kind="file"),
                regions=self.map.regions,
                options=CheckOptions(**given),
                stop=asyncio.Event(),
            )
            return await run_check(inputs)

        return self.net.run(go())

    def check(self, **options: Any) -> DerpCheck:
        """The document, judged from the record as it is after being written and read."""
        record = self.record(**options)
        self.net.close()
        read = msgspec.json.decode(msgspec.json.encode(record), type=CheckRecord)
        assert read == record
        return assemble(read)


@functools.cache
def authority(seed: int) -> tuple[Authority, TlsContexts]:
    """One for all networks of a seed: reading the trust store is most of a check's price."""
    folder = tempfile.TemporaryDirectory()
    atexit.register(folder.cleanup)
    return Authority(seed, Path(folder.name)), TlsContexts()


def network(seed: int) -> Network:
    """A network with that authority."""
    net = Network(seed)
    net._authority, net.trust._contexts = authority(seed)
    net.trust.ca_file = str(net.authority.ca_file)
    return net


async def serve_stun(host: SimHost, limit: tuple[float, int]) -> None:
    service = StunService(StunResponder(), SourceLimiter(*limit))
    server = await HostServer.open(host, service, [Endpoint(UNSPECIFIED[f], STUN) for f in host.node.families])
    await server.serve()


async def in_turn(host: Host, at: Endpoint, tls: ServerTls, servers: list[HostRelay]) -> None:
    """A load balancer: each connection to the next server."""
    count = 0

    async def handle(stream: Stream) -> None:
        nonlocal count
        count += 1
        await servers[count % len(servers)]._connection(stream, True)

    await host.streams.listen(at, handle, tls=tls)


async def to_https(request: ServerRequest) -> ServerResponse:
    return ServerResponse(302, headers=(("location", f"https://{request.headers.get('host', '')}{request.path}"),))


def found(check: DerpCheck) -> dict[str, Finding]:
    """By id; each once."""
    return {finding.id: finding for finding in check.findings}
