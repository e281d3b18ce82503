"""Names: zones, NXDOMAIN, servers that hang, lie, fail, refuse or are gone, and what the resolver makes of it."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

import pytest

from natscope.host.api import Failure
from natscope.machines.nat.packet import UDP
from natscope.model.endpoint import Endpoint, IPAddress
from natscope.sim import faults
from natscope.sim.dns import DnsServer, Manner
from natscope.sim.host import SimHost
from natscope.sim.node import Node
from natscope.sim.topology import Network
from tests.host.contract import failure_of
from tests.sim.ends import address
from tests.sim.running import this_network

WWW_4, WWW_6 = ipaddress.ip_address("198.51.100.80"), ipaddress.ip_address("2001:db8::80")
LIE = ipaddress.ip_address("10.66.66.66")


def asking(net: Network) -> SimHost:
    """A host behind a NAT; `www.test` has both families, `old.test` IPv4 only."""
    internet = net.internet()
    net.zone.add("www.test", WWW_4, WWW_6)
    net.zone.add("old.test", WWW_4)
    return net.host("client", at=net.nat("home", at=internet))


def server_of(net: Network) -> DnsServer:
    assert net.dns is not None
    return net.dns


async def lookup(host: SimHost, name: str, timeout_s: float = 5) -> Sequence[IPAddress]:
    return await host.resolver.addresses(name, 4, timeout_s=timeout_s)


async def test_names_have_addresses_of_each_family() -> None:
    host = asking(this_network())
    assert await host.resolver.addresses("www.test", 4, timeout_s=5) == (WWW_4,)
    assert await host.resolver.addresses("WWW.test.", 6, timeout_s=5) == (WWW_6,)
    assert await failure_of(host.resolver.addresses("old.test", 6, timeout_s=5)) is Failure.NAME_NO_ADDRESS
    assert await failure_of(lookup(host, "nowhere.test")) is Failure.NAME_NOT_FOUND


@pytest.mark.parametrize(
    ("manner", "failure"),
    [
        (Manner.HANG, Failure.TIMEOUT),
        (Manner.FAIL, Failure.NAME_SERVER_FAILED),
        (Manner.REFUSE, Failure.NAME_SERVER_FAILED),
    ],
)
async def test_a_bad_server_has_its_own_failure(manner: Manner, failure: Failure) -> None:
    net = this_network()
    host = asking(net)
    server_of(net).manner = manner
    assert await failure_of(lookup(host, "www.test")) is failure


async def test_a_liar_answers_everything() -> None:
    net = this_network()
    host = asking(net)
    server_of(net).manner, server_of(net).lies = Manner.LIE, (LIE,)
    assert await lookup(host, "nowhere.test") == (LIE,)


async def test_a_second_server_helps_when_the_first_is_silent() -> None:
    net = this_network()
    host = asking(net)
    node = Node(net.world, "second")
    port = net.attach(node, net.sites["internet"], "eth0")
    DnsServer(node, net.zone)
    second = port.address(4)
    assert second is not None
    server_of(net).manner = Manner.HANG
    host.names.servers = (*host.names.servers, Endpoint(second, 53))
    began = host.clock.now()
    assert await lookup(host, "www.test") == (WWW_4,)
    assert 1.5 < host.clock.now() - began < 1.6


async def test_no_server_at_all() -> None:
    net = this_network()
    host = asking(net)
    nobody = net.host("nobody", at=net.sites["internet"])
    host.names.servers = (Endpoint(address(nobody), 53),)
    assert await failure_of(lookup(host, "www.test")) is Failure.NAME_SERVER_FAILED
    host.names.servers = ()
    assert await failure_of(lookup(host, "www.test")) is Failure.NAME_SERVER_FAILED


async def test_an_outage_ends() -> None:
    net = this_network()
    host = asking(net)
    faults.schedule(net, [faults.DnsOutage(at_s=1, lasts_s=10, server=server_of(net))])
    assert await lookup(host, "www.test") == (WWW_4,)
    await host.clock.sleep(2)
    assert await failure_of(lookup(host, "www.test", 3)) is Failure.TIMEOUT
    await host.clock.sleep(10)
    assert await lookup(host, "www.test") == (WWW_4,)


async def test_a_router_can_answer_in_everybodys_name() -> None:
    net = this_network()
    host = asking(net)
    router = net.sites["home"].router
    router.intercept(UDP, 53)
    DnsServer(router, net.zone, Manner.LIE).lies = (LIE,)
    assert await lookup(host, "www.test") == (LIE,)
    assert server_of(net).questions == 0
