"""What a simulated host says about itself: interfaces, routes, two uplinks, one family only, its name and chance."""

from __future__ import annotations

import ipaddress

import pytest

from natscope.host.api import Datagram, Failure, HostError, Stream, UdpError
from natscope.model.endpoint import Endpoint, Family
from natscope.sim.host import SimHost
from natscope.sim.link import LinkSpec
from natscope.sim.topology import Network
from tests.host.contract import failure_of
from tests.sim.ends import End, address
from tests.sim.running import this_network


def two_uplinks(net: Network) -> tuple[SimHost, End]:
    """A host on a fast and on a slow home network, and a server."""
    internet = net.internet()
    first, second = net.nat("first", at=internet), net.nat("second", at=internet, lan="192.168.2.0/24")
    host = net.host("host", at=first)
    net.attach(host.node, second, "eth1", link=LinkSpec(latency_s=0.05, mtu=1400))
    return host, End(net.host("server", at=internet))


def outside(net: Network, name: str) -> int:
    up = net.sites[name].up
    assert up is not None
    ip = up.address(4)
    assert ip is not None
    return int(ip)


async def test_links_tell_interfaces_and_routes() -> None:
    net = this_network()
    host, _ = two_uplinks(net)
    facts = await host.links.look()
    assert [(i.name, i.kind, i.mtu) for i in facts.interfaces] == [
        ("lo", "loopback", 65_536),
        ("eth0", "ethernet", 1500),
        ("eth1", "ethernet", 1400),
    ]
    assert [(r.interface, str(r.gateway), r.metric) for r in facts.default_routes] == [
        ("eth0", "192.168.1.1", 0),
        ("eth1", "192.168.2.1", 100),
    ]
    assert (facts.os_ipv4, facts.os_ipv6, facts.routes_known) == (True, True, True)


async def test_a_socket_of_an_interface_uses_it() -> None:
    net = this_network()
    host, server = two_uplinks(net)
    for interface in (None, "eth0", "eth1"):
        socket = await host.udp.open(4, interface=interface)
        socket.send(b"x", server.at)
    await host.clock.sleep(1)
    first, second = outside(net, "first"), outside(net, "second")
    assert [packet.src for _, packet in server.got] == [first, first, second]
    assert await host.links.source_for(server.ip) == ipaddress.ip_address("192.168.1.2")


async def test_a_stream_of_an_interface_uses_it() -> None:
    net = this_network()
    host, _ = two_uplinks(net)
    server = net.hosts["server"]

    async def tell(stream: Stream) -> None:
        await stream.write(str(stream.remote.ip).encode())

    listener = await server.streams.listen(Endpoint(address(server), 7), tell)
    stream = await host.streams.connect(listener.local, timeout_s=5, interface="eth1")
    assert int(ipaddress.ip_address((await stream.read(100)).decode())) == outside(net, "second")


async def test_the_second_uplink_serves_when_the_first_is_gone() -> None:
    net = this_network()
    host, server = two_uplinks(net)
    net.detach(host.node, "eth0")
    socket = await host.udp.open(4)
    socket.send(b"x", server.at)
    await host.clock.sleep(1)
    assert [packet.src for _, packet in server.got] == [outside(net, "second")]


FAMILIES: tuple[tuple[Family, Family, str], ...] = ((4, 6, "2001:db8:ffff::8"), (6, 4, "8.8.8.8"))


@pytest.mark.parametrize(("there", "missing", "far"), FAMILIES)
async def test_a_family_can_be_missing_on_the_line_or_in_the_system(there: Family, missing: Family, far: str) -> None:
    net = this_network()
    host = net.host("host", at=net.internet(), ipv4=there == 4, ipv6=there == 6)
    socket = await host.udp.open(missing)
    with pytest.raises(HostError) as caught:
        socket.send(b"x", Endpoint(ipaddress.ip_address(far), 9))
    assert caught.value.failure is Failure.UNREACHABLE_NET
    host.node.families = (there,)
    assert await failure_of(host.udp.open(missing)) is Failure.FAMILY_NOT_SUPPORTED
    facts = await host.links.look()
    assert (facts.os_ipv4, facts.os_ipv6) == (there == 4, there == 6)


async def test_a_silent_host_refuses_nothing() -> None:
    net = this_network()
    internet = net.internet()
    here, quiet = net.host("here", at=internet), net.host("quiet", at=internet)
    quiet.node.stack.refuses = quiet.node.stack.pings = False
    socket = await here.udp.open(4)
    socket.send(b"x", Endpoint(address(quiet), 9))
    connecting = here.streams.connect(Endpoint(address(quiet), 9), timeout_s=2)
    assert await failure_of(connecting) is Failure.TIMEOUT
    assert await failure_of(here.icmp.echo(address(quiet), payload=b"", timeout_s=2)) is Failure.TIMEOUT
    quiet.node.stack.refuses = True
    socket.send(b"x", Endpoint(address(quiet), 9))
    assert isinstance(await socket.receive(), UdpError), "the first error that comes at all"


async def test_a_program_of_the_router_hears_multicast_and_answers() -> None:
    """As the discovery of UPnP gateways does; nobody complains where nobody listens."""
    net = this_network()
    home = net.nat("home", at=net.internet())
    host, group = net.host("host", at=home), Endpoint.parse("239.255.255.250:1900")
    socket = await host.udp.open(4, interface="eth0", multicast=True)
    socket.send(b"who is there?", group)
    await host.clock.sleep(1)
    gateway = net.programs_on(home)
    listening = await gateway.udp.open(4, port=1900)
    socket.send(b"who is there?", group)
    question = await listening.receive()
    assert isinstance(question, Datagram)
    listening.send(b"the gateway", question.source)
    answer = await socket.receive()
    assert isinstance(answer, Datagram)
    assert (answer.data, answer.source) == (b"the gateway", Endpoint(ipaddress.ip_address("192.168.1.1"), 1900))


def test_the_seed_and_the_name_make_the_chance_of_a_host() -> None:
    def draws(seed: int, *names: str) -> list[bytes]:
        with Network(seed) as net:
            internet = net.internet()
            return [net.host(name, at=internet).rng.bytes(8) for name in names]

    assert draws(1, "alice") == draws(1, "alice")
    assert draws(1, "bob", "alice")[1] == draws(1, "alice")[0]
    assert draws(1, "alice") != draws(2, "alice")
