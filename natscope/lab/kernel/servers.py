"""What serves in a kernel lab: relays with their faults, login pages, servers for tools (names: `name_server.py`)."""

from __future__ import annotations

import asyncio
import ipaddress
import itertools
import shutil
import signal
import socket
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

from natscope.errors import CannotMeasure, RemoteError
from natscope.host.api import Host, ServerTls
from natscope.host.real.host import build_real_host
from natscope.host.real.resolver import RealResolver
from natscope.lab.http_proxy import PORT as PROXY_PORT
from natscope.lab.http_proxy import HttpProxy
from natscope.lab.kernel.netns import Space, tool_environment
from natscope.lab.kernel.processes import Processes, Ready
from natscope.lab.loopback_http import LOGIN_PAGE, RelayPages
from natscope.lab.loopback_spec import RegionSpec
from natscope.lab.relay_service import STUN, further_ports, relay_service, told_endpoint
from natscope.lab.scenario import DNS_4, DOMAIN, Portal, ScenarioRelay, ScenarioServer, ServerKind
from natscope.lab.scenario_relays import Certificate, Port, Port80, StunManner
from natscope.lab.sim_relay import HTTP, HTTPS
from natscope.lab.tls_inspector import listen_inspector
from natscope.model.endpoint import Endpoint, Family, IPAddress
from natscope.sim.authority import Authority, Issued
from natscope.stun_server.server import HostServer
from natscope.web.server import HttpServer, ServerRequest, ServerResponse
from natscope.wire.stun.message import decode, encode_binding_success

DNS_PORT = 53
_ALTERNATE_STUN = 3479


def certificate(authority: Authority, relay: ScenarioRelay) -> Issued:
    """What a relay presents."""
    kind = relay.certificate
    names = ["elsewhere.test"] if kind is Certificate.WRONG_NAME else [relay.host_name]
    return authority.issue(names, expired=kind is Certificate.EXPIRED, self_signed=kind is Certificate.SELF_SIGNED)


def silent_ports(relay: ScenarioRelay) -> list[tuple[str, int]]:
    """What swallows instead of refusing."""
    ports = [("udp", STUN)] if relay.udp is Port.SILENT else []
    return ports + ([("tcp", HTTPS), ("tcp", HTTP)] if relay.tcp is Port.SILENT else [])


def start_relay(
    processes: Processes, space: Space, relay: ScenarioRelay, tls: Issued, peers: dict[Family, Endpoint]
) -> None:
    """One process for all of a relay's ports that are open; `peers` are the helpers that send for it."""
    if Port.OPEN in (relay.udp, relay.tcp):
        processes.call(relay.name, space, lambda ready: asyncio.run(_relay(relay, tls, peers, ready)))


def start_portal(processes: Processes, space: Space, name: str, portal: Portal) -> None:
    """A login page on a router."""
    processes.call(f"{name}'s login page", space, lambda ready: asyncio.run(_portal(portal, ready)))


def start_inspector(processes: Processes, space: Space, name: str, files: ServerTls) -> None:
    """What sits in TLS connections on a router."""

    async def serve(ready: Ready) -> None:
        await listen_inspector(build_real_host(), files)
        ready()
        await asyncio.Event().wait()

    processes.call(f"{name}'s inspector", space, lambda ready: asyncio.run(serve(ready)))


def start_proxy(processes: Processes, space: Space, name: str, local: IPAddress, *, with_password: bool) -> None:
    """An HTTP proxy on a host; it asks the internet's name server, not that of the computer we run on."""

    async def serve(ready: Ready) -> None:
        host = replace(build_real_host(), resolver=RealResolver((str(DNS_4),)))
        proxy = HttpProxy(host, with_password)
        await proxy.listen(Endpoint(local, PROXY_PORT))
        ready()
        await asyncio.Event().wait()

    processes.call(name, space, lambda ready: asyncio.run(serve(ready)))


def hold_ports(processes: Processes, space: Space, name: str, ports: Sequence[int]) -> None:
    """Another program on a host, which has these UDP ports."""

    def hold(ready: Ready) -> None:
        held = []
        for family, port in itertools.product((socket.AF_INET, socket.AF_INET6), ports):
            held.append(socket.socket(family, socket.SOCK_DGRAM))
            if family == socket.AF_INET6:
                held[-1].setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            held[-1].bind(("", port))
        ready()
        signal.pause()

    processes.call(f"{name}'s other program", space, hold)


def start_server(
    processes: Processes, space: Space, server: ScenarioServer, folder: Path, authority: Authority
) -> None:
    """A server for tools, two addresses of each family. Raises `CannotMeasure` when its program is not installed."""
    if server.kind is ServerKind.STUN:
        argv = [sys.executable, "-m", "natscope", "stun", "serve", "--rate", "1000"]
        for first, second in server.pairs:
            argv += ["--listen", str(Endpoint(first, STUN)), "--alternate", str(Endpoint(second, _ALTERNATE_STUN))]
        processes.program(server.name, space, argv, ready="STUN server ready", host=server.name)
        return
    if server.kind is ServerKind.DERP:
        _start_derp(processes, space, server, authority)
        return
    if server.kind is ServerKind.DERPER:
        _start_derper(processes, space, server, folder, authority)
        return
    program = _installed("turnserver", "coturn", "install the package coturn")
    listen = [word for pair in server.pairs for address in pair for word in ("-L", str(address))]
    processes.program(
        server.name, space,
        [program, "-n", "--stun-only", f"--listening-port={STUN}", f"--alt-listening-port={_ALTERNATE_STUN}",
         *listen, "--no-tls", "--no-dtls", "--no-cli", "--log-file=stdout", "--simple-log",
         f"--pidfile={folder / server.name}.pid", f"--userdb={folder / server.name}.db"],
        ready="IO method (admin thread)", host=server.name,
    )  # fmt: skip


def _start_derp(processes: Processes, space: Space, server: ScenarioServer, authority: Authority) -> None:
    """Our own relay server on all addresses of its namespace: HTTPS on 443, the plain port 80, STUN on 3478."""
    name = f"{server.name}.{DOMAIN}"
    files = authority.issue([name]).files
    processes.program(
        server.name, space,
        [sys.executable, "-m", "natscope", "derp", "serve", "--hostname", name, "--cert", files.certificate_file,
         "--cert-key", files.key_file, "--key-file", "-", "--drain", "0"],
        ready="relay ready on", host=server.name,
    )  # fmt: skip


def _start_derper(
    processes: Processes, space: Space, server: ScenarioServer, folder: Path, authority: Authority
) -> None:
    """Tailscale's own relay server: HTTPS on 443, the page of the login check on 80, STUN on 3478, all addresses."""
    program = _installed("derper", "derper", "`go install tailscale.com/cmd/derper@latest`, and put it on the PATH")
    name = f"{server.name}.{DOMAIN}"
    issued = authority.issue([name])
    certificates = folder / f"{server.name}-certificates"
    certificates.mkdir(mode=0o700)
    shutil.copyfile(issued.files.certificate_file, certificates / f"{name}.crt")
    shutil.copyfile(issued.files.key_file, certificates / f"{name}.key")
    processes.program(
        server.name, space,
        [program, "-c", str(folder / f"{server.name}.key"), "-a", ":443", "-http-port", "80", "-certmode", "manual",
         "-certdir", str(certificates), "-hostname", name, "-home", "blank"],
        ready="derper: serving on", host=server.name,
    )  # fmt: skip


def _installed(program: str, name: str, hint: str) -> str:
    found = shutil.which(program, path=tool_environment()["PATH"])
    if found is None:
        raise CannotMeasure(f"the scenario wants {name}, which is not installed", hint=hint)
    return found


async def _relay(relay: ScenarioRelay, tls: Issued, peers: dict[Family, Endpoint], ready: Ready) -> None:
    host = build_real_host()
    addresses = [ip for ip in (relay.ipv4, relay.ipv6) if ip is not None]
    async with asyncio.TaskGroup() as tasks:
        if relay.udp is Port.OPEN:
            await _open_stun(tasks, host, relay, addresses, peers)
        if relay.tcp is Port.OPEN:
            await _open_pages(host, relay, addresses, tls)
        ready()
        await asyncio.Event().wait()


async def _open_stun(
    tasks: asyncio.TaskGroup,
    host: Host,
    relay: ScenarioRelay,
    own: Sequence[IPAddress],
    peers: dict[Family, Endpoint],
) -> None:
    if relay.stun is not StunManner.RIGHT:
        loop = asyncio.get_running_loop()
        await loop.create_datagram_endpoint(lambda: _Liar(relay), local_addr=(str(relay.ipv4), STUN))
        return
    for served in (relay_service(relay, own, peers, host.rng.bytes(32)), further_ports(relay, own)):
        if served is not None:
            server = await HostServer.open(host, served.service, served.locals_, served.places)
            tasks.create_task(server.serve())


async def _open_pages(host: Host, relay: ScenarioRelay, own: Sequence[IPAddress], tls: Issued) -> None:
    pages = RelayPages(host.clock, RegionSpec(region_id=relay.region_id), Random(0), HTTPS)

    async def to_https(request: ServerRequest) -> ServerResponse:
        return ServerResponse(301, headers=(("location", f"https://{relay.host_name}{request.path}"),))

    pages.clock_wrong_by_s, pages.upgrades = relay.clock_wrong_by_s, relay.upgrades
    shown = None if relay.certificate is Certificate.NONE else tls.files
    for ip in own:
        if ip.version == 4 or relay.https_ipv6:
            await HttpServer(host, pages.over_tls).listen(Endpoint(ip, HTTPS), tls=shown)
        if relay.port80 is not Port80.CLOSED:
            plain = pages.over_plain if relay.port80 is Port80.CHALLENGE else to_https
            await HttpServer(host, plain).listen(Endpoint(ip, HTTP))


class _Liar(asyncio.DatagramProtocol):
    """A STUN server that tells everybody a wrong endpoint."""

    def __init__(self, relay: ScenarioRelay) -> None:
        self._relay = relay

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self._transport = transport

    def datagram_received(self, data: bytes, source: tuple[str, int]) -> None:
        try:
            request = decode(data)
        except RemoteError:
            return
        told = told_endpoint(self._relay, Endpoint(ipaddress.ip_address(source[0]), source[1]))
        self._transport.sendto(encode_binding_success(request.transaction_id, told), source)


async def _portal(portal: Portal, ready: Ready) -> None:
    async def page(request: ServerRequest) -> ServerResponse:
        if portal is Portal.REDIRECT:
            return ServerResponse(302, headers=(("location", LOGIN_PAGE),))
        status = 200 if portal is Portal.PAGE else 511
        return ServerResponse(status, b"<h1>Welcome, guest</h1>\n", (("content-type", "text/html"),))

    await HttpServer(build_real_host(), page).listen(Endpoint(ipaddress.IPv4Address("0.0.0.0"), HTTP))
    ready()
    await asyncio.Event().wait()
