"""Relay clients behind HTTP proxies: honest ones, strict ones, broken ones."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from natscope.host.api import Failure
from natscope.model.endpoint import Endpoint
from natscope.relay_client import (
    FROM_ENVIRONMENT,
    Step,
)
from natscope.sim.binding import UNSPECIFIED
from tests.relay_client.proxies import ConnectProxy
from tests.sim.ends import address
from tests.sim.relay_world import (
    LATENCY_S,
    World,
    head,
    listening,
    node,
    relay_on,
    says,
)
from tests.sim.running import this_network


@pytest.fixture
async def world() -> AsyncIterator[World]:
    net = this_network()
    yield World(net)
    net.close()


class TestProxies:
    """Through an HTTP proxy that stands between."""

    @asynccontextmanager
    async def proxied(self, world: World, **fields: Any) -> AsyncIterator[ConnectProxy]:
        async with (
            ConnectProxy(world.two, Endpoint(UNSPECIFIED[4], 3128), **fields) as proxy,
            relay_on(world.one, world.issued.files),
        ):
            yield proxy

    async def test_the_environments_proxy_is_used(self, world: World) -> None:
        world.client.environ["https_proxy"] = "http://user:secret@two.test:3128"
        async with self.proxied(world, password="user:secret") as proxy:
            async with await world.connect(node(ipv4="192.0.2.1"), proxy=FROM_ENVIRONMENT) as connection:
                assert connection.facts.proxy == "http://two.test:3128"
                assert connection.facts.address == Endpoint(address(world.two), 3128)
                assert await connection.ping() == pytest.approx(8 * LATENCY_S)
            assert proxy.targets == ["one.test:443"]
            async with await world.connect(node()) as connection:  # without it
                assert connection.facts.proxy == ""

    async def test_without_its_password_it_refuses(self, world: World) -> None:
        async with self.proxied(world, password="user:secret"):
            error = await world.refused(node(), proxy="two.test:3128")
        assert (error.step, error.status, error.failure) == (Step.PROXY, 407, Failure.REFUSED)
        assert "through http://two.test:3128: the proxy answers HTTP 407: it wants a name and password" in error.message

    @pytest.mark.parametrize(
        ("fields", "failure", "words"),
        [
            ({"answer": b"HTTP/1.1 403 Forbidden\r\n\r\n"}, Failure.REFUSED, "HTTP 403: it forbids"),
            ({"answer": b"what?\r\n\r\n"}, Failure.OTHER, "the proxy's answer is no HTTP"),
            ({"answer": b""}, Failure.CLOSED, "closed the connection without an answer"),
            ({"answer": b"HTTP/1.1 200 OK\r\n\r\nwelcome"}, Failure.OTHER, "something of its own"),
            ({"answer": None}, Failure.TIMEOUT, "did not answer within 10 s while going through the proxy"),
        ],
    )
    async def test_bad_proxies(self, world: World, fields: dict[str, object], failure: Failure, words: str) -> None:
        async with self.proxied(world, **fields):
            error = await world.refused(node(), proxy="http://two.test:3128")
        assert (error.step, error.failure) == (Step.PROXY, failure)
        assert words in error.message

    async def test_a_proxy_that_cannot_be_reached(self, world: World) -> None:
        error = await world.refused(node(), proxy="http://two.test:3129")
        assert (error.step, error.failure) == (Step.PROXY, Failure.REFUSED)
        assert "the proxy http://two.test:3129, connecting over TCP" in error.message
        error = await world.refused(node(), proxy="socks5://two.test")
        assert (error.step, error.failure) == (Step.PROXY, Failure.NOT_SUPPORTED)

    async def test_a_proxy_that_speaks_tls(self, world: World) -> None:
        async with (
            self.proxied(world, tls=world.issued.files),
            await world.connect(node(), proxy="https://two.test:3128") as connection,
        ):
            assert connection.facts.tls is not None
            assert await connection.ping() == pytest.approx(8 * LATENCY_S)

    async def test_one_that_opens_the_tunnel_and_breaks_the_upgrade(self, world: World) -> None:
        async with (
            ConnectProxy(world.two, Endpoint(UNSPECIFIED[4], 3128)),
            listening(world.one, says(head("200 OK", "Content-Length: 0")), world.issued.files),
        ):
            error = await world.refused(node(), proxy="http://two.test:3128")
        assert (error.step, error.status) == (Step.HTTP, 200)
