"""A scenario's relay in the simulator: the product's own STUN and HTTP servers, with the faults the scenario names."""

from __future__ import annotations

import asyncio
from random import Random

from natscope.errors import RemoteError
from natscope.host.api import Datagram, Host, ServerTls
from natscope.lab.loopback_http import LOGIN_PAGE, RelayPages
from natscope.lab.loopback_spec import RegionSpec
from natscope.lab.relay_service import STUN, RelayService, further_ports, relay_service, told_endpoint
from natscope.lab.scenario import Portal, ScenarioRelay
from natscope.lab.scenario_relays import Certificate, Port, Port80, StunManner
from natscope.model.endpoint import Endpoint, Family
from natscope.sim.authority import Authority
from natscope.sim.binding import UNSPECIFIED
from natscope.sim.host import SimHost
from natscope.sim.topology import Network
from natscope.stun_server.server import HostServer
from natscope.web.server import HttpServer, ServerRequest, ServerResponse
from natscope.wire.stun.message import decode, encode_binding_success

HTTP, HTTPS = 80, 443
_OTHER_NAME = "elsewhere.test"


def start_relay(net: Network, host: SimHost, relay: ScenarioRelay, peers: dict[Family, Endpoint]) -> None:
    """Start what the relay serves; `peers` are the helpers that send for it."""
    if relay.udp is Port.SILENT and relay.tcp is Port.SILENT:
        host.node.is_on = False
        return
    host.node.stack.refuses = Port.SILENT not in (relay.udp, relay.tcp)
    if relay.udp is Port.OPEN:
        net.start(host, _serve_stun(host, relay, peers) if relay.stun is StunManner.RIGHT else _lie(host, relay))
    if relay.tcp is Port.OPEN:
        net.start(host, _serve_pages(host, relay, certificate(net.authority, relay)))


def certificate(authority: Authority, relay: ScenarioRelay) -> ServerTls:
    """What the relay presents."""
    kind = relay.certificate
    names = [_OTHER_NAME] if kind is Certificate.WRONG_NAME else [relay.host_name]
    expired, self_signed = kind is Certificate.EXPIRED, kind is Certificate.SELF_SIGNED
    return authority.issue(names, expired=expired, self_signed=self_signed).files


async def serve_portal(host: Host, portal: Portal) -> None:
    """A login page on a router, on port 80, until cancelled."""

    async def page(request: ServerRequest) -> ServerResponse:
        if portal is Portal.REDIRECT:
            return ServerResponse(302, headers=(("location", LOGIN_PAGE),))
        status = 200 if portal is Portal.PAGE else 511
        return ServerResponse(status, b"<h1>Welcome, guest</h1>\n", (("content-type", "text/html"),))

    await HttpServer(host, page).listen(Endpoint(UNSPECIFIED[4], HTTP))
    await asyncio.Event().wait()


async def _serve_stun(host: SimHost, relay: ScenarioRelay, peers: dict[Family, Endpoint]) -> None:
    own = [ip for ip in (relay.ipv4, relay.ipv6) if ip is not None]
    further = further_ports(relay, own)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_serve(host, relay_service(relay, own, peers, host.rng.bytes(32))))
        if further is not None:
            tasks.create_task(_serve(host, further))


async def _serve(host: SimHost, served: RelayService) -> None:
    server = await HostServer.open(host, served.service, served.locals_, served.places)
    await server.serve()


async def _lie(host: SimHost, relay: ScenarioRelay) -> None:
    """Tell everybody over IPv4 a wrong endpoint."""
    socket = await host.udp.open(4, port=STUN)
    while True:
        item = await socket.receive()
        if isinstance(item, Datagram):
            try:
                request = decode(item.data)
            except RemoteError:
                continue
            socket.send(encode_binding_success(request.transaction_id, told_endpoint(relay, item.source)), item.source)


async def _serve_pages(host: SimHost, relay: ScenarioRelay, tls: ServerTls) -> None:
    pages = RelayPages(host.clock, RegionSpec(region_id=relay.region_id), Random(0), HTTPS)

    async def to_https(request: ServerRequest) -> ServerResponse:
        return ServerResponse(301, headers=(("location", f"https://{relay.host_name}{request.path}"),))

    pages.clock_wrong_by_s, pages.upgrades = relay.clock_wrong_by_s, relay.upgrades
    shown = None if relay.certificate is Certificate.NONE else tls
    for family in host.node.families:
        if family == 4 or relay.https_ipv6:
            await HttpServer(host, pages.over_tls).listen(Endpoint(UNSPECIFIED[family], HTTPS), tls=shown)
        if relay.port80 is not Port80.CLOSED:
            plain = pages.over_plain if relay.port80 is Port80.CHALLENGE else to_https
            await HttpServer(host, plain).listen(Endpoint(UNSPECIFIED[family], HTTP))
    await asyncio.Event().wait()
