"""A relay of ours on any `Host` (driver B), for tests of its client."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from natscope.host.api import Host, ServerTls
from natscope.machines.derp.client import Client
from natscope.machines.derp.front import Front
from natscope.machines.derp.pages import Pages
from natscope.machines.derp.relay import Relay
from natscope.machines.derp.settings import RelaySettings
from natscope.model.endpoint import Endpoint
from natscope.model.relay_map import RelayNode
from natscope.relay.host_relay import HostRelay, everybody
from natscope.relay_client import DIRECT, ConnectOptions
from natscope.wire.keys import PrivateKey


class Served:
    """A relay that serves: its machine and where it listens."""

    def __init__(self, server: HostRelay, at: Endpoint) -> None:
        self.server = server
        self.relay: Relay = server.front.relay
        self.at = at


@asynccontextmanager
async def serving(
    host: Host,
    at: Endpoint,
    tls: ServerTls | None = None,
    *,
    settings: RelaySettings | None = None,
    private: PrivateKey | None = None,
    decide: Callable[[Client], Awaitable[bool]] = everybody,
) -> AsyncIterator[Served]:
    """Until the block ends; then all connections are closed."""
    relay = Relay(private or PrivateKey(host.rng.bytes(32)), settings)
    server = HostRelay(host, Front(relay, Pages(behind_proxy=tls is None), lambda: "now"), decide)
    bound = await server.listen(at, tls)
    task = asyncio.ensure_future(server.serve())
    try:
        yield Served(server, bound)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def node_at(at: Endpoint, name: str = "1a", **fields: object) -> RelayNode:
    """A node whose address the map gives."""
    family = {"ipv4": str(at.ip), "ipv6": "none"} if at.family == 4 else {"ipv4": "none", "ipv6": str(at.ip)}
    given = {"host_name": "relay.test", "derp_port": at.port, **family, **fields}
    return RelayNode(name=name, region_id=1, **given)  # type: ignore[arg-type]


def options_of(host: Host, **fields: object) -> ConnectOptions:
    """For a client with a key of its own, without a proxy."""
    return ConnectOptions(private=PrivateKey(host.rng.bytes(32)), **{"proxy": DIRECT, **fields})  # type: ignore[arg-type]
