"""A long simulated story that touches everything, and the digest of its trace: `python -m tests.sim.story SEED`.

With a second word it breaks the rules on purpose: `set` lets the order of a set decide who sends first, `chance`
draws from randomness that nobody seeded.
"""

from __future__ import annotations

import asyncio
import random
import sys

from natscope.host.api import HostError
from natscope.host.http_api import HttpRequest
from natscope.lab.loopback_spec import RelayKind
from natscope.model.endpoint import Endpoint
from natscope.sim import faults
from natscope.sim.host import SimHost
from natscope.sim.link import LinkSpec
from natscope.sim.topology import Network
from natscope.sim.trace import Trace
from natscope.web.client import HttpClient
from tests.sim.relays import STUN, Relays, measure

ROUGH = LinkSpec(latency_s=0.02, jitter_s=0.01, loss=0.05, duplication=0.02, reordering=0.05, rate_bps=2e6)
KINDS = (RelayKind.HEALTHY, RelayKind.HEALTHY, RelayKind.EXPIRED_CERTIFICATE, RelayKind.SILENT_UDP)
SET, CHANCE = "set", "chance"


async def keep_asking(host: SimHost, servers: list[Endpoint]) -> None:
    """A socket that asks for ever, and forgets what comes."""
    socket = await host.udp.open(4)
    while True:
        for server in servers:
            socket.send(host.rng.bytes(20 + host.rng.below(200)), server)
        await host.clock.sleep(1 + host.rng.below(1000) / 1000)


async def download(host: SimHost) -> None:
    """Pages by name, over TLS, again and again."""
    while True:
        for number in range(1, 4):
            try:
                await HttpClient(host).fetch(HttpRequest(f"https://relay{number}.test/derp/latency-check"))
            except HostError:
                await host.clock.sleep(1)
        await host.clock.sleep(5)


async def greet(hosts: list[SimHost], order: list[int]) -> None:
    """One datagram from each, at the same moment, in that order."""
    target = Endpoint(hosts[0].node.ports["eth0"].addresses[0].ip, 7)
    for number in order:
        socket = await hosts[number].udp.open(4)
        socket.send(b"hello", target)
        socket.close()


def order_of(count: int, mischief: str) -> list[int]:
    if mischief == SET:
        names = {f"host-{number}" for number in range(count)}
        return [int(name.rpartition("-")[2]) for name in names]
    order = list(range(count))
    if mischief == CHANCE:
        random.Random().shuffle(order)
    return order


def tell(seed: int, mischief: str = "") -> Trace:
    """The trace of the whole story."""
    with Network(seed) as net:
        internet = net.internet()
        relays = Relays(net, internet, KINDS)
        servers = [Endpoint(h.node.ports["eth0"].addresses[0].ip, STUN) for h in relays.hosts[:2]]
        carrier = net.nat("carrier", at=internet, kind="cgnat", lan="100.64.0.0/10", link=ROUGH)
        homes = [
            net.nat("home1", at=carrier, kind="symmetric-random", ipv6="firewall"),
            net.nat("home2", at=internet, kind="linux-masquerade", ipv6="broken", link=ROUGH),
        ]
        hosts = [net.host(f"host{n}", at=homes[n % 2]) for n in range(8)]
        for host in hosts[:6]:
            net.start(host, keep_asking(host, servers))
        net.start(hosts[6], download(hosts[6]))
        net.timeline.after(20.0, lambda: net.start(hosts[1], greet(hosts, order_of(len(hosts), mischief))))
        faults.schedule(net, the_faults(net, relays, hosts))
        net.run(the_end(hosts, relays))
        return net.trace


def the_faults(net: Network, relays: Relays, hosts: list[SimHost]) -> list[faults.Fault]:
    assert net.dns is not None
    return [
        faults.Partition(at_s=10, lasts_s=5, nodes=("home2",)),
        faults.NatReboot(at_s=25, site=net.sites["carrier"]),
        faults.DnsOutage(at_s=30, lasts_s=8, server=net.dns),
        faults.InterfaceChange(at_s=35, host=hosts[2], leaves="eth0", joins=net.sites["home2"]),
        faults.Crash(at_s=40, host=relays.hosts[1], lasts_s=5),
        faults.ClockJump(at_s=42, host=hosts[6], seconds=-40 * 365 * 86_400),
        faults.LinkChange(at_s=45, node="carrier", spec=LinkSpec(latency_s=0.2, loss=0.3)),
    ]


async def the_end(hosts: list[SimHost], relays: Relays) -> None:
    """Two netchecks side by side in the middle of it all, and one at the end."""
    await asyncio.sleep(12)
    await asyncio.gather(*(measure(host, relays.map, https=True, icmp=True) for host in hosts[:2]))
    await asyncio.sleep(40)
    await measure(hosts[7], relays.map, https=True)


if __name__ == "__main__":
    told = tell(int(sys.argv[1]), *sys.argv[2:3])
    print(told.digest(), sum(told.counts.values()))
