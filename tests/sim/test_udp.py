"""What is special about one datagram: hop limits that end on the way, sizes that may or may not be cut."""

from __future__ import annotations

import pytest

from natscope.host.api import Datagram, Failure, HostError, UdpError
from natscope.model.endpoint import Endpoint
from natscope.sim.host import SimHost
from natscope.sim.link import LinkSpec
from tests.sim.running import this_network


def addresses(host: SimHost) -> dict[int, str]:
    return {a.version: str(a.ip) for port in host.node.ports.values() for a in port.addresses}


@pytest.mark.parametrize("ttl", [1, 2, 3])
async def test_every_router_on_the_way_tells_where_the_hop_limit_ran_out(ttl: int) -> None:
    net = this_network()
    internet = net.internet()
    box = net.nat("box", at=internet, lan="192.168.0.0/24")
    home = net.nat("home", at=box)
    here, there = net.host("here", at=home), net.host("there", at=internet)
    socket, server = await here.udp.open(4), await there.udp.open(4, port=9)
    target = Endpoint.parse(f"{addresses(there)[4]}:9")
    socket.send(b"how far", target, ttl=ttl)
    error = await socket.receive()
    assert isinstance(error, UdpError)
    assert error.is_time_exceeded
    assert (error.target, error.data) == (target, b"how far")
    assert error.words == "its hop limit ran out on the way"
    assert str(error.reporter) == {1: "192.168.1.1", 2: "192.168.0.1", 3: "203.0.113.254"}[ttl]
    socket.send(b"far enough", target, ttl=4)
    arrived = await server.receive()
    assert isinstance(arrived, Datagram)
    assert (arrived.data, arrived.ttl) == (b"far enough", 1)


async def test_a_datagram_that_stays_whole_hears_of_the_narrow_link_every_time() -> None:
    net = this_network()
    internet = net.internet()
    home = net.nat("home", at=internet, link=LinkSpec(mtu=1280))
    here, there = net.host("here", at=home), net.host("there", at=internet)
    socket, server = await here.udp.open(4), await there.udp.open(4, port=9)
    target = Endpoint.parse(f"{addresses(there)[4]}:9")
    for _ in range(2):
        socket.send(bytes(1300), target, dont_fragment=True)
        error = await socket.receive()
        assert isinstance(error, UdpError)
        assert error.failure is Failure.MESSAGE_TOO_LONG
        assert (error.mtu, error.icmp_type, error.icmp_code) == (1280, 3, 4)
        assert error.words == "too long for the way"
    socket.send(bytes(1300), target, dont_fragment=False)
    arrived = await server.receive()
    assert isinstance(arrived, Datagram)
    assert len(arrived.data) == 1300
    with pytest.raises(HostError) as refused:
        socket.send(bytes(1500), target, dont_fragment=True)
    assert refused.value.failure is Failure.MESSAGE_TOO_LONG


async def test_an_ipv6_datagram_hears_of_the_narrow_link_too() -> None:
    net = this_network()
    internet = net.internet()
    home = net.nat("home", at=internet, ipv6="firewall", link=LinkSpec(mtu=1280))
    here, there = net.host("here", at=home), net.host("there", at=internet)
    socket = await here.udp.open(6)
    socket.send(bytes(1300), Endpoint.parse(f"[{addresses(there)[6]}]:9"), dont_fragment=True)
    error = await socket.receive()
    assert isinstance(error, UdpError)
    assert (error.mtu, error.icmp_type, error.icmp_code) == (1280, 2, 0)
