"""Safety, then liveness: random networks under random faults break no invariant, and work again when the faults end.

Every seed makes another network; `NATSCOPE_SIM_SEEDS=1:1000` runs a thousand.
"""

from __future__ import annotations

import asyncio
from random import Random

from natscope.host.api import Datagram, HostError
from natscope.host.http_api import HttpRequest
from natscope.machines.nat.presets import PRESETS
from natscope.model.endpoint import Endpoint
from natscope.sim import faults
from natscope.sim.host import SimHost
from natscope.sim.link import LinkSpec
from natscope.sim.rng import stream
from natscope.sim.site import Site
from natscope.sim.topology import Network
from natscope.web.client import HttpClient
from tests.sim.ends import address
from tests.sim.relays import STUN, Relays

TROUBLE_S, PATIENCE_S = 60.0, 90.0
KINDS = [name for name in PRESETS if name != "one-to-one"]
TRIES = 30


class Swarm:
    """A network drawn from a seed."""

    def __init__(self, seed: int) -> None:
        self.draw = stream(seed, "swarm")
        self.net = Network(seed)
        internet = self.net.internet()
        self.relays = Relays(self.net, internet)
        self.sites: list[Site] = [internet]
        for number in range(self.draw.randrange(2, 7)):
            self.sites.append(self._site(number))
        self.hosts = [
            self.net.host(f"host{number}", at=self.draw.choice(self.sites), link=any_link(self.draw))
            for number in range(self.draw.randrange(2, 8))
        ]

    def _site(self, number: int) -> Site:
        """Behind the internet or behind another site; carriers' prefixes differ from those inside."""
        return self.net.nat(
            f"site{number}",
            at=self.draw.choice(self.sites),
            kind=self.draw.choice(KINDS),
            lan=f"10.{number}.0.0/16",
            ipv6=self.draw.choice(["none", "open", "firewall", "broken"]),
            link=any_link(self.draw),
            count=self.draw.choice([1, 1, 4]),
        )

    def trouble(self) -> list[faults.Fault]:
        """What goes wrong, all of it over before `TROUBLE_S`."""
        return [self._fault(self.draw.uniform(0, TROUBLE_S - 20)) for _ in range(self.draw.randrange(1, 8))]

    def _fault(self, at_s: float) -> faults.Fault:
        draw, nats = self.draw, [s for s in self.sites if s.up is not None and s.up.nat_4 and s.lan is not None]
        kinds = ["partition", "link", "clock", "dns", "crash"] + ["reboot"] * bool(nats)
        kind = draw.choice(kinds)
        if kind == "partition":
            return faults.Partition(at_s=at_s, lasts_s=15, nodes=(draw.choice(list(self.net.uplinks)),))
        if kind == "link":
            return faults.LinkChange(at_s=at_s, node=draw.choice(list(self.net.uplinks)), spec=any_link(draw))
        if kind == "reboot":
            return faults.NatReboot(at_s=at_s, site=draw.choice(nats), renumbered=draw.random() < 0.5)
        if kind == "clock":
            return faults.ClockJump(at_s=at_s, host=draw.choice(self.hosts), seconds=draw.uniform(-1e6, 1e6))
        if kind == "crash":
            return faults.Crash(at_s=at_s, host=draw.choice(self.hosts), lasts_s=10, power=draw.random() < 0.5)
        assert self.net.dns is not None
        return faults.DnsOutage(at_s=at_s, lasts_s=15, server=self.net.dns)


def any_link(draw: Random) -> LinkSpec:
    """From a good line to a bad one, but one that works."""
    return LinkSpec(
        latency_s=draw.uniform(0.0001, 0.1),
        jitter_s=draw.choice([0.0, 0.0, draw.uniform(0, 0.05)]),
        loss=draw.choice([0.0, 0.0, draw.uniform(0, 0.05)]),
        duplication=draw.choice([0.0, 0.0, 0.02]),
        reordering=draw.choice([0.0, 0.0, 0.05]),
        rate_bps=draw.choice([None, None, 1e6, 1e8]),
        mtu=draw.choice([1500, 1500, 1400, 1280]),
    )


async def talk(host: SimHost, server: Endpoint) -> None:
    """Small questions and whole pages, as they come; failures are the weather."""
    while True:
        try:
            await ask(host, server)
            await fetch(host)
        except HostError:
            pass
        await host.clock.sleep(host.rng.below(5000) / 1000)


async def ask(host: SimHost, server: Endpoint) -> bool:
    """Whether a STUN request was answered within a second."""
    socket = await host.udp.open(4)
    try:
        socket.send(b"\x00\x01\x00\x00\x21\x12\xa4\x42" + host.rng.bytes(12), server)
        async with asyncio.timeout(1):
            return isinstance(await socket.receive(), Datagram)
    except TimeoutError:
        return False
    finally:
        socket.close()


async def fetch(host: SimHost) -> int:
    """A page over TLS, by name."""
    response = await HttpClient(host).fetch(HttpRequest("https://relay1.test/", timeout_s=PATIENCE_S))
    return response.status


async def lives(host: SimHost, server: Endpoint) -> str:
    """What does not work although nothing is broken any more; empty when all does."""
    for _ in range(TRIES):
        if await ask(host, server):
            break
    else:
        return f"{host.identity.name} gets no answer over UDP"
    try:
        status = await fetch(host)
    except HostError as error:
        return f"{host.identity.name}: {error.message}"
    return "" if status == 200 else f"{host.identity.name}: status {status}"


def test_networks_survive_their_faults(seed: int) -> None:
    swarm = Swarm(seed)
    with swarm.net as net:
        server = Endpoint(address(swarm.relays.hosts[0]), STUN)
        for host in swarm.hosts:
            net.start(host, talk(host, server))
        faults.schedule(net, swarm.trouble())
        net.run(asyncio.sleep(TROUBLE_S))

        async def check() -> list[str]:
            return list(await asyncio.gather(*(lives(host, server) for host in swarm.hosts)))

        assert [words for words in net.run(check()) if words] == []
        assert net.world.watch is not None
        assert net.world.watch.judged > 50
