"""Which server watches mappings, and that RESPONSE-PORT of RFC 5780 does it as a helper does."""

from __future__ import annotations

import dataclasses
from ipaddress import ip_address

import pytest

from natscope.host.api import Datagram
from natscope.lab.loopback_spec import RelayKind
from natscope.machines.nat.lifetime import Lifetimes
from natscope.machines.nat.presets import PRESETS
from natscope.machines.stun_responder import HOME, Place, Reply, StunResponder
from natscope.model.endpoint import Endpoint
from natscope.model.tri import Tri
from natscope.sim.host import SimHost
from natscope.sim.link import LinkSpec
from natscope.sim.topology import Network
from tests.probes.nat_world import Measured, behind, home, run
from tests.sim.relays import Relays

ELSEWHERE = ip_address("203.0.113.200")


async def serve_rfc5780(host: SimHost) -> None:
    """One address of a server with two: enough for RESPONSE-PORT."""
    own = host.node.ports["eth0"].address(4)
    assert own is not None
    places = {Place(n, p): Endpoint((own, ELSEWHERE)[n], 3478 + p) for n in (0, 1) for p in (0, 1)}
    responder = StunResponder(places)
    socket = await host.udp.open(4, address=own, port=3478)
    while True:
        item = await socket.receive()
        if isinstance(item, Datagram):
            reply = responder.respond(item.data, item.source, HOME)
            if isinstance(reply, Reply) and reply.place == HOME:
                socket.send(reply.data, reply.target)


def measured(lifetimes: Lifetimes, kind: str = "port-restricted") -> Measured:
    with Network(3) as net:
        internet = net.internet()
        relays = Relays(net, internet, (RelayKind.SILENT_UDP,) * 3)
        for relay in relays.hosts:
            net.start(relay, serve_rfc5780(relay))
        config = dataclasses.replace(PRESETS[kind].config, lifetimes=lifetimes)
        site = home(net, internet, config, 0.0, 1)
        host = net.host("alice", at=site, link=LinkSpec(latency_s=0.0005))
        return run(net, host, relays, ("relay_stun", "nat_lifetime"))


def methods(found: Measured) -> set[str]:
    return {o.data["method"] for o in found.observed("nat.lifetime") if "method" in o.data}


def test_response_port_measures_an_idle_lifetime() -> None:
    found = measured(Lifetimes(udp_s=20))
    assert methods(found) == {"response-port"}
    assert found.nat.mapping_lifetime_s == 20
    assert found.nat.refresh_inbound is Tri.YES
    assert (found.sockets, found.threads) == (0, 0)


@pytest.mark.parametrize("kind", ["port-restricted", "symmetric-random"])
def test_response_port_measures_an_absolute_lifetime(kind: str) -> None:
    assert measured(Lifetimes(absolute_s=45), kind).nat.absolute_lifetime_s == pytest.approx(45, abs=0.5)


def test_plain_relays_are_asked_again() -> None:
    assert methods(behind("port-restricted", "nat_lifetime")) == {"again"}
