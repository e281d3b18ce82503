"""The client of relays in the simulator: behind NATs, over bad lines, and in the time it takes."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from natscope.sim.link import LinkSpec
from natscope.sim.topology import Network
from tests.relay_client.contract import Bench, ClientContract
from tests.sim.ends import address
from tests.sim.running import this_network


def bench_of(net: Network, a: str, b: str, relay: str = "relay") -> Bench:
    issued = net.authority.issue(["relay.test"])
    hosts = net.hosts
    at = {4: address(hosts[relay], 4), 6: address(hosts[relay], 6)}
    return Bench(hosts[a], hosts[b], hosts[relay], at, issued.files, str(net.authority.ca_file), issued.pin)  # type: ignore[arg-type]


class TestBehindNats(ClientContract):
    """Two clients behind routers of their own."""

    @pytest.fixture
    async def bench(self) -> AsyncIterator[Bench]:
        net = this_network()
        internet = net.internet()
        net.host("relay", at=internet)
        for name in ("a", "b"):
            net.host(name, at=net.nat(f"home-{name}", at=internet, kind="symmetric-random", ipv6="firewall"))
        yield bench_of(net, "a", "b")
        net.close()


class TestOverABadLine(ClientContract):
    """Loss, jitter, and little room."""

    @pytest.fixture
    async def bench(self) -> AsyncIterator[Bench]:
        net = this_network()
        internet = net.internet()
        line = LinkSpec(latency_s=0.03, jitter_s=0.02, loss=0.02, rate_bps=20e6, mtu=1300)
        net.host("relay", at=internet)
        net.host("a", at=internet, link=line)
        net.host("b", at=internet, link=line)
        yield bench_of(net, "a", "b")
        net.close()
