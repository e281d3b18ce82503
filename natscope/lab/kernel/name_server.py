"""The name servers of a kernel lab: the internet's, a router's own, the DNS64 of one that leads to IPv4."""

from __future__ import annotations

import asyncio
import socket

from natscope.lab.kernel.netns import Space
from natscope.lab.kernel.orders import Orders
from natscope.lab.kernel.processes import Processes, Ready
from natscope.lab.scenario import Scenario, Site
from natscope.sim.name_answers import Manner, NameAnswers, Zone

PORT = 53
_ANY = ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::"))


def start_dns(processes: Processes, space: Space, scenario: Scenario, zone: Zone, orders: Orders) -> None:
    """The name server of the internet; `orders` change its manner for a while."""
    answers = NameAnswers(zone, Manner(scenario.dns.value), scenario.dns_lies)
    processes.call("name-server", space, lambda ready: asyncio.run(_serve(answers, _ANY, ready, orders)))


def start_dns64(processes: Processes, space: Space, site: Site, zone: Zone) -> None:
    """The name server of a router with NAT64 (RFC 6147)."""
    answers = NameAnswers(zone, dns64=True)
    own = ((socket.AF_INET6, str(site.gateway_6)),)
    processes.call(f"{site.name}'s name server", space, lambda ready: asyncio.run(_serve(answers, own, ready)))


def start_resolver(processes: Processes, space: Space, site: Site, zone: Zone) -> None:
    """The name server of a router that is one for the hosts behind it."""
    own = ((socket.AF_INET, str(site.gateway)),)
    processes.call(f"{site.name}'s resolver", space, lambda ready: asyncio.run(_serve(NameAnswers(zone), own, ready)))


async def _serve(
    answers: NameAnswers, places: tuple[tuple[int, str], ...], ready: Ready, orders: Orders | None = None
) -> None:
    loop, servers = asyncio.get_running_loop(), []
    for family, address in places:
        sock = socket.socket(family, socket.SOCK_DGRAM)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.setblocking(False)
        sock.bind((address, PORT))
        _, server = await loop.create_datagram_endpoint(lambda: _NameServer(answers), sock=sock)
        servers.append(server)
    if orders is not None:
        loop.add_reader(orders.descriptor, _obey, orders, servers)
    ready()
    await asyncio.Event().wait()


def _obey(orders: Orders, servers: list[_NameServer]) -> None:
    for order in orders.read():
        for server in servers:
            server.outage = Manner(order) if order else None


class _NameServer(asyncio.DatagramProtocol):
    """Port 53 of one family. `outage` is how it behaves at present, instead of its own manner."""

    def __init__(self, answers: NameAnswers) -> None:
        self._answers = answers
        self.outage: Manner | None = None

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self._transport = transport

    def datagram_received(self, data: bytes, source: tuple[str, int]) -> None:
        answer = self._answers.reply(data, self.outage)
        if answer is not None:
            self._transport.sendto(answer, source)
