"""The mapper of a mesh node, against the lab's simulated router: for hours, through restarts, until it is cancelled."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from natscope.lab.build_sim import SERVERS_START_S, simulated
from natscope.machines.portmap_client.gateways import Way
from natscope.machines.portmap_client.values import Protocol
from natscope.model.endpoint import Endpoint
from natscope.portmap.mapper import PortMapper
from natscope.web.client import HttpClient
from tests.probes.simulated import scenario

PORT = 41641


class Watched:
    """A mapper on `alice` in virtual time; `places` are what it told."""

    def __init__(self, net: Any, **options: Any) -> None:
        self.net, self.host = net, net.hosts["alice"]
        self.site = net.sites["home"]
        self.nat = self.site.up.nat(4)
        own = self.host.node.ports["eth0"].address(4)
        way = Way("eth0", "ethernet", own, next(r.gateway for r in self.host.node.routes.entries() if r.gateway))
        self.places: list[Endpoint | None] = []
        self.mapper = PortMapper(self.host, HttpClient(self.host), way, PORT, self.places.append, **options)

    @property
    def open_ports(self) -> int:
        return len(self.nat._forwards)

    def during(self, seconds: float, *, restart_at_s: float | None = None) -> None:
        """Run it so long, then cancel it."""

        async def work() -> None:
            task = asyncio.ensure_future(self.mapper.run())
            if restart_at_s is not None:
                await asyncio.sleep(restart_at_s)
                self.site.router.reboot_nat(self.site.up, 4)
                await asyncio.sleep(seconds - restart_at_s)
            else:
                await asyncio.sleep(seconds)
            self.last = self.mapper.held
            self.open_before = self.open_ports
            task.cancel()
            await asyncio.wait([task])

        self.net.run(work(), limit_s=10 * seconds + 100)


def site(inner: str = "") -> Any:
    return scenario(f"[sites.home]\nmapping_service = {{ {inner} }}\n")


@pytest.mark.parametrize("protocol", list(Protocol))
def test_a_port_stays_open_for_hours_and_is_given_back(protocol: Protocol) -> None:
    with simulated(site(f'protocols = ["{protocol.value}"]')) as net:
        net.run(asyncio.sleep(SERVERS_START_S))
        watched = Watched(net, lease_s=600)
        watched.during(3 * 3600)
        assert watched.last is not None
        assert watched.last.protocol is protocol
        assert watched.places[0] is not None
        assert str(watched.places[0].ip) == "203.0.113.10"
        assert watched.places == watched.places[:1], "the place must not change while nothing happens"
        assert (watched.open_before, watched.open_ports) == (1, 0)
        assert not watched.host.node.stack.udp, "a socket is left"


def test_a_refusal_of_one_protocol_does_not_end_it() -> None:
    with simulated(site('protocols = ["upnp"], other_versions = false')) as net:
        net.run(asyncio.sleep(SERVERS_START_S))
        watched = Watched(net)
        watched.during(60)
        assert watched.last is not None
        assert watched.last.protocol is Protocol.UPNP


def test_permanent_leases_are_taken_and_removed() -> None:
    with simulated(site('protocols = ["upnp"], upnp = { leases = "permanent-only" }')) as net:
        net.run(asyncio.sleep(SERVERS_START_S))
        watched = Watched(net)
        watched.during(60)
        assert (watched.open_before, watched.open_ports) == (1, 0)


def test_a_router_that_restarts_is_asked_again_within_minutes() -> None:
    with simulated(site('protocols = ["pcp"]')) as net:
        net.run(asyncio.sleep(SERVERS_START_S))
        watched = Watched(net)
        watched.during(2000, restart_at_s=1000)
        assert watched.open_before == 1, "the mapping was not made again"


def test_where_nobody_opens_ports_nothing_is_told_and_nothing_left() -> None:
    with simulated(scenario("[sites.home]\n")) as net:
        net.run(asyncio.sleep(SERVERS_START_S))
        watched = Watched(net)
        watched.during(600)
        assert watched.places == []
        assert not watched.host.node.stack.udp
