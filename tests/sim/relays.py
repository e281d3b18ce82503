"""Relay-shaped servers in a simulation, made of the product's own STUN and HTTP servers, and a netcheck with them."""

from __future__ import annotations

import asyncio
from random import Random

from natscope.apps.netcheck import replay
from natscope.host.api import Host, ServerTls
from natscope.lab.loopback_http import RelayPages
from natscope.lab.loopback_spec import RegionSpec, RelayKind
from natscope.machines.stun_responder import StunResponder
from natscope.model.endpoint import Endpoint
from natscope.model.relay_map import LoadedMap, RelayMap, RelayNode, RelayRegion
from natscope.model.report import Report
from natscope.netcheck.history import History
from natscope.netcheck.options import NetcheckOptions
from natscope.netcheck.record import RunRecord
from natscope.netcheck.run import RunInputs, run_probes
from natscope.plugins.loader import PROBES, find
from natscope.sim.binding import UNSPECIFIED
from natscope.sim.host import SimHost
from natscope.sim.link import LinkSpec
from natscope.sim.site import Site
from natscope.sim.topology import Network
from natscope.stun_server.limits import SourceLimiter
from natscope.stun_server.server import HostServer
from natscope.stun_server.service import StunService
from natscope.web.client import HttpClient
from natscope.web.server import HttpServer

STUN, HTTP, HTTPS = 3478, 80, 443
KINDS = (RelayKind.HEALTHY, RelayKind.HEALTHY, RelayKind.HEALTHY)


def service() -> StunService:
    return StunService(StunResponder(), SourceLimiter(50.0, 200))


async def serve_stun(host: SimHost) -> None:
    """Until cancelled, on both families."""
    locals_ = [Endpoint(UNSPECIFIED[f], STUN) for f in host.node.families]
    server = await HostServer.open(host, service(), locals_)
    await server.serve()


async def serve_pages(host: SimHost, kind: RelayKind, tls: ServerTls) -> None:
    """The relay's HTTPS and plain ports."""
    pages = RelayPages(host.clock, RegionSpec(region_id=1, kind=kind), Random(0), HTTPS)
    for family in host.node.families:
        await HttpServer(host, pages.over_tls).listen(Endpoint(UNSPECIFIED[family], HTTPS), tls=tls)
        await HttpServer(host, pages.over_plain).listen(Endpoint(UNSPECIFIED[family], HTTP))
    await asyncio.Event().wait()


class Relays:
    """One region per kind, `far_s` apart, on the internet."""

    def __init__(self, net: Network, at: Site, kinds: tuple[RelayKind, ...] = KINDS, far_s: float = 0.01) -> None:
        self.net = net
        self.hosts: list[SimHost] = []
        regions = []
        for number, kind in enumerate(kinds, start=1):
            link = LinkSpec(latency_s=far_s * number)
            host = net.host(f"relay{number}", at=at, link=link)
            self.hosts.append(host)
            regions.append(self._start(host, number, kind))
        self.map = LoadedMap(relay_map=RelayMap(regions=tuple(regions)), source="map.json", kind="file")

    def _start(self, host: SimHost, number: int, kind: RelayKind) -> RelayRegion:
        name = f"relay{number}.test"
        right = self.net.authority.issue([name], expired=kind is RelayKind.EXPIRED_CERTIFICATE)
        shown = self.net.authority.issue(["elsewhere.test"]) if kind is RelayKind.WRONG_CERTIFICATE else right
        if kind is RelayKind.DEAD:
            host.node.is_on = False
        elif kind is not RelayKind.CLOSED_PORT:
            self.net.start(host, serve_pages(host, kind, shown.files))
            if kind is not RelayKind.SILENT_UDP:
                self.net.start(host, serve_stun(host))
            else:
                host.node.stack.refuses = False
        ips = {a.version: str(a.ip) for a in host.node.ports["eth0"].addresses}
        node = RelayNode(
            name=f"{number}a", region_id=number, host_name=name, ipv4=ips[4], ipv6=ips.get(6, "none"), can_port80=True
        )
        return RelayRegion(region_id=number, region_code=f"r{number}", region_name=f"Region {number}", nodes=(node,))


async def measure(host: Host, loaded: LoadedMap, **options: object) -> RunRecord:
    """One run of the netcheck as the program makes it: its run, its probes found by entry point, its HTTP client."""
    await asyncio.sleep(0.01)  # the servers open their ports first
    return await run_probes(
        RunInputs(
            host=host,
            loaded_map=loaded,
            options=NetcheckOptions(**options),  # type: ignore[arg-type]
            history=History(),
            found=find(PROBES),
            http=lambda: HttpClient(host),
            stop=asyncio.Event(),
        )
    )


def netcheck(net: Network, host: Host, relays: Relays, **options: object) -> Report:
    """The whole report, assembled and diagnosed."""
    return replay(net.run(measure(host, relays.map, **options))).report
