"""Helpers and a client in the simulator: every kind of NAT is told by two servers with one secret, and by one with two
addresses; and nobody else gets a packet.
"""

from __future__ import annotations

import asyncio

import pytest

from natscope.machines.helper.peer_link import peer_key
from natscope.machines.helper.server import HelperServer
from natscope.machines.helper.trial import HelperTrial
from natscope.machines.nat.presets import PRESETS
from natscope.machines.stun_responder import Place, StunResponder
from natscope.machines.unseen_trial import FEW, MAX_IDS, TrialResult
from natscope.model.endpoint import Endpoint, IPAddress
from natscope.model.nat import Filtering
from natscope.sim.host import SimHost
from natscope.sim.topology import Network
from natscope.stun_server.limits import SourceLimiter
from natscope.stun_server.server import HostServer
from natscope.stun_server.service import StunService
from natscope.wire.stun.helper_messages import Way
from natscope_probes._drive import drive
from tests.sim.running import this_network

SECRET = peer_key(b"sixteen bytes at least")
KINDS = [name for name in PRESETS if name != "one-to-one"]


def address(host: SimHost, port: str = "eth0") -> IPAddress:
    found = host.node.ports[port].address(4)
    assert found is not None
    return found


def two_servers(net: Network) -> Endpoint:
    """Two computers, one secret; the first one's endpoint."""
    internet = net.internet()
    first, second = (net.host(name, at=internet) for name in ("first", "second"))
    for here, there in ((first, second), (second, first)):
        places = {Place(0, n): Endpoint(address(here), 3478 + n) for n in (0, 1)}
        net.start(here, serve(here, places, Endpoint(address(there), 3478)))
    return Endpoint(address(first), 3478)


def one_server(net: Network) -> Endpoint:
    """One computer with two addresses."""
    host = net.host("server", at=net.internet())
    net.attach(host.node, net.sites["internet"], "eth1")
    places = {
        Place(number, n): Endpoint(address(host, port), 3478 + n)
        for number, port in enumerate(("eth0", "eth1"))
        for n in (0, 1)
    }
    net.start(host, serve(host, places, None))
    return Endpoint(address(host), 3478)


async def serve(host: SimHost, places: dict[Place, Endpoint], peer: Endpoint | None) -> None:
    helper = HelperServer(host.rng.bytes(32), places, peers={4: peer} if peer else {}, common=SECRET)
    service = StunService(StunResponder(), SourceLimiter(50.0, 200), helper)
    server = await HostServer.open(host, service, list(places.values()), list(places))
    await server.serve()


async def trial(host: SimHost, server: Endpoint) -> TrialResult:
    socket = await host.udp.open(4)
    machine = HelperTrial(server, host.rng.bytes(12 * MAX_IDS))
    assert await drive(host, socket, machine) == ""
    socket.close()
    return machine.result


def filtering(result: TrialResult) -> Filtering:
    address_, port = result.ways[Way.OTHER_ADDRESS], result.ways[Way.OTHER_PORT]
    if address_.arrived:
        return Filtering.ENDPOINT_INDEPENDENT
    assert result.is_controlled
    assert address_.confirmed >= FEW
    return Filtering.ADDRESS_DEPENDENT if port.arrived else Filtering.ADDRESS_AND_PORT_DEPENDENT


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("servers", [two_servers, one_server])
async def test_every_preset_is_named_by_its_filtering(kind: str, servers: object) -> None:
    net = this_network()
    server = two_servers(net) if servers is two_servers else one_server(net)
    host = net.host("host", at=net.nat("home", at=net.sites["internet"], kind=kind))
    await asyncio.sleep(0.1)
    assert filtering(await trial(host, server)) is PRESETS[kind].config.filtering


async def test_an_open_host_hears_everybody() -> None:
    net = this_network()
    server = two_servers(net)
    host = net.host("host", at=net.sites["internet"])
    await asyncio.sleep(0.1)
    assert filtering(await trial(host, server)) is Filtering.ENDPOINT_INDEPENDENT


async def test_a_peer_that_is_off_is_no_filter() -> None:
    net = this_network()
    server = two_servers(net)
    host = net.host("host", at=net.nat("home", at=net.sites["internet"], kind="full-cone"))
    net.hosts["second"].node.is_on = False
    await asyncio.sleep(0.1)
    result = await trial(host, server)
    count = result.ways[Way.OTHER_ADDRESS]
    assert (count.arrived, count.confirmed) == (0, 0)
    assert count.waiting == count.sent
    assert result.ways[Way.OTHER_PORT].arrived
