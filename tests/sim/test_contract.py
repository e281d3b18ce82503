"""A simulated host keeps the contract of every host: to itself, to a neighbour, through NATs, over bad links."""

from __future__ import annotations

import ipaddress

import pytest

from natscope.host.api import Host
from natscope.model.endpoint import IPAddress
from natscope.sim.link import LinkSpec
from tests.host.contract import Bench, HostContract
from tests.sim.running import this_network

FOREIGN = ipaddress.ip_address("8.8.8.8")
CARRIER = "100.64.0.0/10"


def bench_of(host: Host, peer: Host) -> Bench:
    at: dict[int, IPAddress] = {}
    for name, port in peer.node.ports.items():  # type: ignore[attr-defined]
        at |= {a.version: a.ip for a in port.addresses if name == "eth0"}
    return Bench(host=host, peer=peer, peer_at=at, foreign=FOREIGN, hosts_file={"localhost": LOOPBACK})  # type: ignore[arg-type]


LOOPBACK = ipaddress.ip_address("127.0.0.1")


class TestAlone(HostContract):
    """A host that talks to itself by its own address."""

    @pytest.fixture
    async def bench(self) -> Bench:
        net = this_network()
        host = net.host("alone", at=net.internet())
        return bench_of(host, host)


class TestNeighbours(HostContract):
    """Two hosts on the internet."""

    @pytest.fixture
    async def bench(self) -> Bench:
        net = this_network()
        internet = net.internet()
        return bench_of(net.host("here", at=internet), net.host("there", at=internet))


class TestBehindNats(HostContract):
    """A host behind a home router behind a carrier, its IPv6 behind a firewall."""

    @pytest.fixture
    async def bench(self) -> Bench:
        net = this_network()
        internet = net.internet()
        carrier = net.nat("carrier", at=internet, kind="full-cone", lan=CARRIER, ipv6="open")
        home = net.nat("home", at=carrier, kind="port-restricted", ipv6="firewall")
        return bench_of(net.host("here", at=home), net.host("there", at=internet))


class TestOverABadLine(HostContract):
    """Jitter and little room: nothing of the contract is lost."""

    @pytest.fixture
    async def bench(self) -> Bench:
        net = this_network()
        internet = net.internet()
        line = LinkSpec(latency_s=0.03, jitter_s=0.02, rate_bps=20e6, mtu=1300)
        return bench_of(net.host("here", at=internet, link=line), net.host("there", at=internet))
