"""Our alternate STUN server tells every mapping and filtering apart by RFC 5780's tests, through simulated NATs."""

from __future__ import annotations

import asyncio
import itertools

import pytest

from natscope.host.api import Datagram, UdpSocket
from natscope.machines.nat.config import NatConfig
from natscope.machines.nat.ports import PortPolicy
from natscope.machines.nat.presets import PRESETS
from natscope.machines.stun_responder import Place, StunResponder
from natscope.model.endpoint import Endpoint
from natscope.model.nat import Filtering, Mapping
from natscope.sim.host import SimHost
from natscope.sim.topology import Network
from natscope.stun_server.limits import SourceLimiter
from natscope.stun_server.server import HostServer
from natscope.stun_server.service import StunService
from natscope.wire.stun.attributes import Attr, Change, encode_change
from natscope.wire.stun.message import decode, encode_binding_request
from tests.sim.running import this_network

PATIENCE_S = 1.0
MAPPINGS = (Mapping.ENDPOINT_INDEPENDENT, Mapping.ADDRESS_DEPENDENT, Mapping.ADDRESS_AND_PORT_DEPENDENT)
FILTERINGS = (Filtering.ENDPOINT_INDEPENDENT, Filtering.ADDRESS_DEPENDENT, Filtering.ADDRESS_AND_PORT_DEPENDENT)
PORTS = (3478, 3479)
NOTHING = Change(address=False, port=False)


def alternate_server(net: Network) -> dict[Place, Endpoint]:
    """A server with two addresses and two ports, on the internet."""
    internet = net.sites["internet"]
    host = net.host("server", at=internet)
    ports = host.node.ports["eth0"], net.attach(host.node, internet, "eth1")
    places: dict[Place, Endpoint] = {}
    for address, number in itertools.product((0, 1), (0, 1)):
        ip = ports[address].address(4)
        assert ip is not None
        places[Place(address, number)] = Endpoint(ip, PORTS[number])
    net.start(host, serve(host, places))
    return places


async def serve(host: SimHost, places: dict[Place, Endpoint]) -> None:
    service = StunService(StunResponder(places), SourceLimiter(50.0, 200))
    server = await HostServer.open(host, service, list(places.values()), list(places))
    await server.serve()


async def ask(host: SimHost, socket: UdpSocket, target: Endpoint, change: Change = NOTHING) -> Endpoint | None:
    """Where the server saw us; None for silence."""
    transaction = host.rng.bytes(12)
    attributes = [] if change == NOTHING else [(int(Attr.CHANGE_REQUEST), encode_change(change))]
    socket.send(encode_binding_request(transaction, attributes=attributes), target)
    try:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                item = await socket.receive()
                if isinstance(item, Datagram) and (answer := decode(item.data)).transaction_id == transaction:
                    return answer.mapped_address
    except TimeoutError:
        return None


async def discover_mapping(host: SimHost, places: dict[Place, Endpoint]) -> Mapping:
    """RFC 5780 §4.3."""
    socket = await host.udp.open(4)
    first = await ask(host, socket, places[Place(0, 0)])
    second = await ask(host, socket, places[Place(1, 0)])
    third = await ask(host, socket, places[Place(1, 1)])
    assert None not in (first, second, third)
    if first == second:
        return Mapping.ENDPOINT_INDEPENDENT
    return Mapping.ADDRESS_DEPENDENT if second == third else Mapping.ADDRESS_AND_PORT_DEPENDENT


async def discover_filtering(host: SimHost, places: dict[Place, Endpoint]) -> Filtering:
    """RFC 5780 §4.4, from a socket that has talked to nobody else."""
    socket = await host.udp.open(4)
    home = places[Place(0, 0)]
    assert await ask(host, socket, home) is not None
    if await ask(host, socket, home, Change(address=True, port=True)) is not None:
        return Filtering.ENDPOINT_INDEPENDENT
    if await ask(host, socket, home, Change(address=False, port=True)) is not None:
        return Filtering.ADDRESS_DEPENDENT
    return Filtering.ADDRESS_AND_PORT_DEPENDENT


@pytest.mark.parametrize(("mapping", "filtering"), list(itertools.product(MAPPINGS, FILTERINGS)))
async def test_every_nat_is_named_by_its_policies(mapping: Mapping, filtering: Filtering) -> None:
    net = this_network()
    config = NatConfig(
        external=PRESETS["full-cone"].config.external, mapping=mapping, filtering=filtering, ports=PortPolicy.RANDOM
    )
    home = net.nat("home", at=net.internet(), config=config)
    host, places = net.host("host", at=home), alternate_server(net)
    await asyncio.sleep(0.1)
    assert await discover_mapping(host, places) is mapping
    assert await discover_filtering(host, places) is filtering


@pytest.mark.parametrize("name", [n for n, p in PRESETS.items() if p.config.translates and n != "one-to-one"])
async def test_every_preset_is_named_by_its_policies(name: str) -> None:
    net = this_network()
    home = net.nat("home", at=net.internet(), kind=name)
    host, places = net.host("host", at=home), alternate_server(net)
    await asyncio.sleep(0.1)
    config = PRESETS[name].config
    assert await discover_mapping(host, places) is config.mapping
    assert await discover_filtering(host, places) is config.filtering
