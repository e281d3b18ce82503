"""A client and two servers on a simulated internet, and small servers for them, for tests of how clients connect."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from natscope.host.api import ServerTls, Stream, StreamHandler
from natscope.model.endpoint import Endpoint, Family
from natscope.model.relay_map import RelayNode, RelayRegion
from natscope.relay_client import (
    ConnectError,
    RelayConnection,
    Target,
    connect,
)
from natscope.sim.authority import Issued
from natscope.sim.binding import UNSPECIFIED
from natscope.sim.host import SimHost
from natscope.sim.topology import Network
from natscope.wire.keys import PrivateKey
from tests.relay_client.relays import Served, options_of, serving

UPGRADE = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: DERP\r\nConnection: Upgrade\r\n\r\n"
LATENCY_S = 0.005
KEY = PrivateKey(bytes(range(32)))


class World:
    """A client and two servers on one internet."""

    def __init__(self, net: Network) -> None:
        self.net = net
        internet = net.internet()
        self.client = net.host("client", at=internet)
        self.one, self.two = net.host("one", at=internet), net.host("two", at=internet)
        self.issued = net.authority.issue(["one.test", "two.test"])

    @property
    def now(self) -> float:
        return self.client.clock.now()

    async def connect(self, target: Target | RelayNode, **fields: object) -> RelayConnection:
        wanted = Target.of_node(target) if isinstance(target, RelayNode) else target
        return await connect(self.client, wanted, options_of(self.client, **fields))

    async def refused(self, target: Target | RelayNode, **fields: object) -> ConnectError:
        with pytest.raises(ConnectError) as caught:
            await self.connect(target, **fields)
        assert "Errno" not in caught.value.message
        assert caught.value.message[0].islower()
        return caught.value


@asynccontextmanager
async def listening(
    host: SimHost, handler: StreamHandler, tls: ServerTls | None, port: int = 443
) -> AsyncIterator[None]:
    listener = await host.streams.listen(Endpoint(UNSPECIFIED[4], port), handler, tls=tls)
    try:
        yield
    finally:
        await listener.close()


def relay_on(
    host: SimHost, tls: ServerTls | None = None, family: Family = 4, port: int = 443
) -> AbstractAsyncContextManager[Served]:
    return serving(host, Endpoint(UNSPECIFIED[family], port), tls, private=KEY)


def node(name: str = "one", **fields: object) -> RelayNode:
    return RelayNode(name=name, region_id=1, **{"host_name": f"{name}.test", **fields})  # type: ignore[arg-type]


def region(*nodes: RelayNode) -> Target:
    return Target.of_region(RelayRegion(region_id=1, region_code="r", region_name="R", nodes=nodes))


def pinned(issued: Issued) -> RelayNode:
    return node(cert_name=f"sha256-raw:{issued.pin}")


def pem_of(issued: Issued) -> bytes:
    return Path(issued.files.certificate_file).read_bytes()


def with_more(issued: Issued, path: Path, more: bytes) -> Issued:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path.write_bytes(pem_of(issued) + more)
    return Issued(ServerTls(str(path), issued.files.key_file), issued.pin)


def says(*data: bytes, reads: bool = True, stays: bool = True) -> StreamHandler:
    """A server that reads once, says that, and stays there or leaves."""

    async def handle(stream: Stream) -> None:
        if reads:
            await stream.read(4096)
        for part in data:
            await stream.write(part)
        if stays:
            await asyncio.Event().wait()

    return handle


def head(status: str, *more: str) -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", *more, "", ""]).encode()
