"""The relays of `world.py` on this computer's loopback, in a thread: for the program as a process of its own.

Each has an address of its own in 127.0.0.0/8, so that all of them have the same ports.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Coroutine, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import trustme

from natscope.host.api import Host, ServerTls
from natscope.host.real.host import build_real_host
from natscope.machines.derp.client import Client
from natscope.machines.derp.front import Front
from natscope.machines.derp.pages import Pages
from natscope.machines.derp.relay import Relay
from natscope.machines.stun_responder import StunResponder
from natscope.model.endpoint import Endpoint
from natscope.relay.host_relay import HostRelay
from natscope.stun_server.limits import SourceLimiter
from natscope.stun_server.server import HostServer
from natscope.stun_server.service import StunService
from natscope.web.server import HttpServer
from natscope.wire.keys import PrivateKey
from tests.interop.pebble import free_port as free_tcp_port
from tests.relay_check.world import Planted, in_turn, to_https

NAME = "localhost"
FIRST = 10
START_S = 20.0


def free_udp_port() -> int:
    """One that was free a moment ago, on every address."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("0.0.0.0", 0))
        port: int = sock.getsockname()[1]
        return port


@dataclass
class Here:
    """Relays that run; `nodes` are their entries of a map, `ca` a file with their authority."""

    folder: Path
    https: int = field(default_factory=free_tcp_port)
    http: int = field(default_factory=free_tcp_port)
    stun: int = field(default_factory=free_udp_port)
    authority: trustme.CA = field(default_factory=trustme.CA)
    nodes: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    _host: Host = field(default_factory=build_real_host)
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _kept: list[Future[Any]] = field(default_factory=list)

    @property
    def ca(self) -> Path:
        return self.folder / "ca.pem"

    @property
    def map(self) -> dict[str, Any]:
        """In Tailscale's form."""
        return {
            "Regions": {
                str(number): {"RegionID": number, "RegionCode": f"r{number}", "RegionName": "Here", "Nodes": nodes}
                for number, nodes in self.nodes.items()
            }
        }

    def address(self) -> str:
        """The next relay's."""
        return f"127.0.0.{FIRST + sum(map(len, self.nodes.values()))}"

    def put(self, region: int, **fields: Any) -> dict[str, Any]:
        """A node of the map, whoever serves it."""
        own = self.nodes.setdefault(region, [])
        node = {"Name": f"{region}{'abcdefgh'[len(own)]}", "RegionID": region, "HostName": NAME, "IPv4": self.address(),
                "IPv6": "none", "DERPPort": self.https, "STUNPort": self.stun} | fields  # fmt: skip
        own.append(node)
        return node

    def add(self, planted: Planted) -> None:
        """Start one; its region, certificate, clock and so on are those of `Planted` as far as they stand below."""
        at = self.address()
        extra = {} if planted.port80 == "none" else {"CanPort80": True}
        node = self.put(planted.region, **extra, **planted.map_fields)
        tls = self.certificate(node["Name"], planted.certificate)
        self._run(self._serve(planted, at, tls))

    def certificate(self, name: str, kind: str) -> ServerTls:
        """Files for a relay: right, other-name, expired."""
        ends = datetime(2002, 1, 1, tzinfo=UTC) if kind == "expired" else None
        issued = self.authority.issue_cert(
            "elsewhere.test" if kind == "other-name" else NAME,
            not_before=ends and ends - timedelta(days=90),
            not_after=ends,
        )
        chain, key = self.folder / f"{name}.crt", self.folder / f"{name}.key"
        chain.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
        key.write_bytes(issued.private_key_pem.bytes())
        return ServerTls(str(chain), str(key))

    async def _serve(self, planted: Planted, ip: str, tls: ServerTls) -> None:
        def date() -> str:
            return format_datetime(self._host.clock.utc() + timedelta(seconds=planted.clock_s), usegmt=True)

        async def decide(client: Client) -> bool:
            return planted.decide(client)

        servers = []
        for _ in range(planted.relays):
            relay: Relay = planted.relay(PrivateKey(self._host.rng.bytes(32)), planted.settings)
            servers.append(HostRelay(self._host, Front(relay, Pages(), date), decide))
            self._keep(servers[-1].serve())
        at = Endpoint.parse(f"{ip}:{self.https}")
        if planted.front is not None:
            await planted.front(self._host, at, tls)
        elif len(servers) > 1:
            await in_turn(self._host, at, tls, servers)
        else:
            await servers[0].listen(at, tls)
        plain = Endpoint.parse(f"{ip}:{self.http}")
        if planted.port80 == "redirects":
            await HttpServer(self._host, to_https).listen(plain)
        elif planted.port80 == "answers":
            await servers[0].listen(plain)
        if planted.stun:
            service = StunService(StunResponder(), SourceLimiter(50.0, 200))
            server = await HostServer.open(self._host, service, [Endpoint.parse(f"{ip}:{self.stun}")])
            self._keep(server.serve())

    def _run(self, program: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(program, self._loop).result(START_S)

    def _keep(self, program: Coroutine[Any, Any, None]) -> None:
        self._kept.append(asyncio.run_coroutine_threadsafe(program, self._loop))

    @classmethod
    @contextlib.contextmanager
    def running(cls, folder: Path) -> Iterator[Here]:
        """None yet; everything that is added ends with the block."""
        here = cls(folder)
        here.authority.cert_pem.write_to_path(str(here.ca))
        thread = threading.Thread(target=here._loop.run_forever, daemon=True)
        thread.start()
        try:
            yield here
        finally:
            asyncio.run_coroutine_threadsafe(_cancel_all(), here._loop).result(START_S)
            here._loop.call_soon_threadsafe(here._loop.stop)
            thread.join(START_S)
            here._loop.close()


async def _cancel_all() -> None:
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
