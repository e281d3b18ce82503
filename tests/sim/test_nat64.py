"""NAT64 and DNS64: hosts with IPv6 only reach IPv4 servers by name, over UDP, TCP with TLS, and ICMP."""

from __future__ import annotations

import ipaddress

import pytest

from natscope.host.api import Datagram, Failure, UdpError
from natscope.host.http_api import HttpRequest
from natscope.model.endpoint import Endpoint, IPAddress
from natscope.sim.dns import DnsServer
from natscope.sim.host import SimHost
from natscope.sim.link import LinkSpec
from natscope.sim.nat64 import PREFIX
from natscope.sim.site import Site
from natscope.sim.topology import Network
from natscope.web.client import HttpClient
from tests.host.contract import failure_of
from tests.sim.ends import End, address
from tests.sim.running import this_network
from tests.sim.test_tls_and_http import serving


def land(net: Network, link: LinkSpec | None = None) -> tuple[SimHost, SimHost, Site]:
    """A host with IPv6 only behind a NAT64 with a DNS64, and a server with IPv4 only."""
    internet = net.internet()
    site = net.nat("mobile", at=internet, kind="port-restricted", ipv6="firewall", link=link or LinkSpec())
    site.router.bridge_families()
    DnsServer(site.router, net.zone).dns64 = True
    host = net.host("host", at=site, ipv4=False)
    gateway = site.gateway(6)
    assert gateway is not None
    host.names.servers = (Endpoint(gateway, 53),)
    return host, net.host("server", at=internet, ipv6=False), site


def embedded(ip: IPAddress) -> IPAddress:
    return ipaddress.IPv6Address(int(PREFIX.network_address) | int(ip))


async def test_a_name_gets_an_address_in_the_prefix() -> None:
    net = this_network()
    host, server, _ = land(net)
    net.zone.add("dual.test", ipaddress.ip_address("198.51.100.7"), ipaddress.ip_address("2001:db8::7"))
    assert await host.resolver.addresses("server.test", 6, timeout_s=5) == (embedded(address(server)),)
    assert str((await host.resolver.addresses("dual.test", 6, timeout_s=5))[0]) == "2001:db8::7"


async def test_datagrams_cross_and_strangers_do_not() -> None:
    net = this_network()
    host, server, site = land(net)
    there, socket = End(server), await host.udp.open(6)
    socket.send(b"question", Endpoint(embedded(there.ip), there.port))
    await host.clock.sleep(1)
    _, seen = there.got[0]
    assert site.up is not None
    public = site.up.address(4)
    assert public is not None
    assert (seen.src, seen.family, seen.length) == (int(public), 4, 28 + 8)
    End(net.host("stranger", at=net.sites["internet"])).send(Endpoint(public, seen.sport), b"stranger")
    there.send(Endpoint(public, seen.sport), b"answer")
    answer = await socket.receive()
    assert isinstance(answer, Datagram)
    assert (answer.data, answer.source) == (b"answer", Endpoint(embedded(there.ip), there.port))
    assert net.trace.counts["filtered"] == 1


async def test_a_page_over_tls_by_name() -> None:
    net = this_network()
    host, server, _ = land(net)
    async with serving(server, net.authority.issue(["server.test"]).files, 443):
        response = await HttpClient(host).fetch(HttpRequest("https://server.test/page"))
    assert response.status == 200
    net.close()


async def test_echoes_and_errors_cross() -> None:
    net = this_network()
    host, server, _ = land(net)
    reply = await host.icmp.echo(embedded(address(server)), payload=b"x", timeout_s=5)
    assert (reply.source, reply.failure) == (embedded(address(server)), None)
    socket = await host.udp.open(6)
    socket.send(b"knock", Endpoint(embedded(address(server)), 9))
    error = await socket.receive()
    assert isinstance(error, UdpError)
    assert (error.failure, error.target) == (Failure.REFUSED, Endpoint(embedded(address(server)), 9))
    nowhere = Endpoint(embedded(ipaddress.ip_address("8.8.8.8")), 80)
    assert await failure_of(host.streams.connect(nowhere, timeout_s=5)) is Failure.UNREACHABLE_NET


@pytest.mark.parametrize("size", [100, 1400])
async def test_a_narrow_line_behind_it_is_told_in_ipv6_terms(size: int) -> None:
    net = this_network()
    host, server, _ = land(net, LinkSpec(mtu=1280))
    there, socket = End(server), await host.udp.open(6)
    for _ in range(2):
        socket.send(bytes(size), Endpoint(embedded(there.ip), there.port))
        await host.clock.sleep(1)
    if size == 100:
        assert len(there.got) == 2
    else:
        error = await socket.receive()
        assert isinstance(error, UdpError)
        assert (error.failure, error.target.ip) == (Failure.MESSAGE_TOO_LONG, embedded(there.ip))
        assert host.node.stack.path_mtu == {int(embedded(there.ip)): 1300}
        assert len(there.got) == 1, "the second one goes in pieces"
