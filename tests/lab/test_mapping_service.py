"""A mapping service on the sockets of a simulated router: asked by UDP, multicast and HTTP, late, after a reboot."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from ipaddress import IPv4Address
from typing import Any, TypeVar

import pytest

from natscope.host.api import Datagram, Host, UdpSocket
from natscope.lab.build_sim import simulated
from natscope.lab.library import load_scenario
from natscope.lab.scenario_values import read_scenario
from natscope.model.endpoint import Endpoint
from natscope.sim.topology import Network
from natscope.wire.portmap import nat_pmp, ssdp
from natscope.wire.portmap.nat_pmp import AddressResponse, MapRequest, MapResponse, Opcode

Result = TypeVar("Result")
GATEWAY = IPv4Address("192.168.1.1")
GROUP = Endpoint(IPv4Address(ssdp.MULTICAST_V4), ssdp.PORT)
CONTROL = Endpoint(GATEWAY, nat_pmp.SERVER_PORT)
ASK_ADDRESS = nat_pmp.encode_request(nat_pmp.AddressRequest())
SEARCH = ssdp.encode_search(ssdp.Search(ssdp.GATEWAY_1))


def home(table: str) -> str:
    return f'title = "T"\n[sites.home]\nmapping_service = {table}\n[hosts.alice]\nat = "home"\n[hosts.bob]\n'


def in_network(net: Network, program: Coroutine[Any, Any, Result]) -> Result:
    async def later() -> Result:
        await asyncio.sleep(0.01)
        return await program

    return net.run(later())


async def first(socket: UdpSocket, patience_s: float = 1.0) -> Datagram | None:
    try:
        async with asyncio.timeout(patience_s):
            item = await socket.receive()
    except TimeoutError:
        return None
    if not isinstance(item, Datagram):  # the port is closed
        return None
    return item


async def ask(host: Host, data: bytes, target: Endpoint = CONTROL) -> Datagram | None:
    multicast = target == GROUP
    socket = await host.udp.open(4, interface="eth0" if multicast else None, multicast=multicast)
    socket.send(data, target)
    try:
        return await first(socket)
    finally:
        socket.close()


def test_a_mapping_lets_a_stranger_in() -> None:
    async def program(alice: Host, bob: Host) -> tuple[int, bytes, Datagram | None]:
        mine, theirs = await alice.udp.open(4, port=5000), await bob.udp.open(4)
        theirs.send(b"early", Endpoint(IPv4Address("203.0.113.10"), 7000))
        early = await first(mine, 0.2)
        answer = await ask(alice, nat_pmp.encode_request(MapRequest(Opcode.MAP_UDP, 5000, 7000, 600)))
        assert answer is not None
        opened = nat_pmp.decode_response(answer.data)
        assert isinstance(opened, MapResponse)
        theirs.send(b"hello", Endpoint(IPv4Address("203.0.113.10"), opened.external_port))
        got = await first(mine)
        assert got is not None
        return opened.external_port, got.data, early

    with simulated(read_scenario("t", home('{ protocols = ["nat-pmp"] }'))) as net:
        assert in_network(net, program(net.hosts["alice"], net.hosts["bob"])) == (7000, b"hello", None)


@pytest.mark.parametrize(
    ("table", "multicast", "unicast", "port"),
    [
        ('{ protocols = ["upnp"] }', True, True, 1900),
        ('{ upnp = { searches = "multicast-only" } }', True, False, 1900),
        ('{ upnp = { searches = "unicast-only", search_port = 49200 } }', False, True, 49200),
        ('{ protocols = ["pcp"] }', False, False, 0),
    ],
)
def test_searches(table: str, multicast: bool, unicast: bool, port: int) -> None:
    with simulated(read_scenario("t", home(table))) as net:
        alice = net.hosts["alice"]
        by_group = in_network(net, ask(alice, SEARCH, GROUP))
        direct = in_network(net, ask(alice, SEARCH, Endpoint(GATEWAY, ssdp.PORT)))
    assert ((by_group is not None), (direct is not None)) == (multicast, unicast)
    assert {d.source for d in (by_group, direct) if d is not None} == ({Endpoint(GATEWAY, port)} if port else set())


def test_the_description_by_http() -> None:
    async def fetch(host: Host) -> bytes:
        stream = await host.streams.connect(Endpoint(GATEWAY, 5000), timeout_s=2.0)
        await stream.write(b"GET /rootDesc.xml HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        data = b""
        while part := await stream.read(4096):
            data += part
        return data

    with simulated(read_scenario("t", home("{}"))) as net:
        page = in_network(net, fetch(net.hosts["alice"]))
    assert page.startswith(b"HTTP/1.1 200")
    assert b"InternetGatewayDevice:1" in page


def test_late_answers_come_late() -> None:
    with simulated(read_scenario("t", home("{ late_ms = 700 }"))) as net:
        alice = net.hosts["alice"]
        before = net.timeline.now
        answer = in_network(net, ask(alice, ASK_ADDRESS))
        assert answer is not None
        assert answer.received_at - before == pytest.approx(0.71, abs=0.02)


def test_a_reboot_begins_a_new_epoch_at_a_new_address() -> None:
    with simulated(read_scenario("t", home("{}"))) as net:
        alice = net.hosts["alice"]
        net.run(asyncio.sleep(100))
        old = in_network(net, ask(alice, ASK_ADDRESS))
        net.renumber(net.sites["home"])
        new = in_network(net, ask(alice, ASK_ADDRESS))
    assert old is not None
    assert new is not None
    first_told, second_told = nat_pmp.decode_response(old.data), nat_pmp.decode_response(new.data)
    assert isinstance(first_told, AddressResponse)
    assert isinstance(second_told, AddressResponse)
    assert (first_told.epoch_s, second_told.epoch_s) == (100, 0)
    assert first_told.external != second_told.external


@pytest.mark.parametrize(
    ("name", "told"),
    [("private-wan", "10.20.0.10"), ("mapping-behind-cgnat", "100.64.0.10"), ("mapping-all", "203.0.113.10")],
)
def test_what_a_shipped_router_tells_for_its_address(name: str, told: str) -> None:
    with simulated(load_scenario(name)) as net:
        answer = in_network(net, ask(net.hosts["alice"], ASK_ADDRESS))
    assert answer is not None
    response = nat_pmp.decode_response(answer.data)
    assert isinstance(response, AddressResponse)
    assert str(response.external) == told


def test_nobody_outside_is_served() -> None:
    with simulated(read_scenario("t", home("{}"))) as net:
        outside = Endpoint(IPv4Address("203.0.113.10"), nat_pmp.SERVER_PORT)
        assert in_network(net, ask(net.hosts["bob"], ASK_ADDRESS, outside)) is None
