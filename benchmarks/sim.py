"""What the simulator costs: packets between hosts behind NATs, and an hour of keep-alives, for 10 to 10,000 hosts.

`python benchmarks/sim.py [--packets 100000] [--hosts 10,100,1000,10000]`. CPU is user + system of this process. Each
host stands behind a NAT of its own and talks to a partner behind another: a packet crosses four links, two NATs and the
internet's router. "checked" is with the trace and all checkers, as tests run; "bare" without. Building the network is
counted apart. Goal: 1,000 hosts and 100,000 packets in 2 s.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass

from natscope.host.api import Datagram, Host
from natscope.machines.nat.packet import UDP, IcmpError, Packet
from natscope.model.endpoint import Endpoint
from natscope.sim.host import SimHost
from natscope.sim.topology import Network

PORT = 41_641
GOAL_S = 2.0
KEEPALIVE_S, HOUR_S = 20.0, 3600.0
LENGTH = 148


class Sender:
    """A UDP end that sends to its partner at a steady pace, on the packet path without coroutines."""

    def __init__(self, net: Network, host: SimHost) -> None:
        address = host.node.ports["eth0"].address(4)
        assert address is not None
        self.net, self.host, self.ip = net, host, int(address)
        self.received = 0
        self.partner = 0
        host.node.stack.udp[self.ip, PORT] = self

    def take(self, packet: Packet) -> None:
        self.received += 1

    def take_error(self, error: IcmpError) -> None:
        raise AssertionError(error)

    def send(self, left: int, every_s: float) -> None:
        self.host.node.send(Packet(UDP, self.ip, PORT, self.partner, PORT, 4, LENGTH, b""))
        if left > 1:
            self.net.timeline.after(every_s, self.send, left - 1, every_s)


def build(hosts: int, *, checked: bool) -> tuple[Network, list[Sender]]:
    net = Network(seed=1, trace=checked, watch=checked)
    internet = net.internet(dns=False)
    senders, outside = [], []
    for number in range(hosts):
        home = net.nat(f"nat{number}", at=internet)
        senders.append(Sender(net, net.host(f"host{number}", at=home)))
        assert home.up is not None
        address = home.up.address(4)
        assert address is not None
        outside.append(int(address))
    for number, sender in enumerate(senders):
        sender.partner = outside[number ^ 1]
    return net, senders


@dataclass(frozen=True)
class Row:
    hosts: int
    checked: bool
    build_s: float
    run_s: float
    sent: int
    received: int


def exchange(hosts: int, packets: int, *, checked: bool) -> Row:
    started = time.process_time()
    net, senders = build(hosts, checked=checked)
    built = time.process_time()
    each = max(1, packets // hosts)
    for number, sender in enumerate(senders):
        net.timeline.after(number * 0.02 / hosts, sender.send, each, 0.02)
    net.timeline.run_all()
    ended = time.process_time()
    received = sum(s.received for s in senders)
    return Row(hosts, checked, built - started, ended - built, each * hosts, received)


async def keep_alive(host: Host, server: Endpoint) -> int:
    socket = await host.udp.open(4)
    until, answers = host.clock.now() + HOUR_S, 0
    while host.clock.now() < until:
        socket.send(b"keep", server)
        answers += isinstance(await socket.receive(), Datagram)
        await host.clock.sleep(KEEPALIVE_S)
    socket.close()
    return answers


def hour(hosts: int) -> tuple[float, int]:
    """Coroutine programs this time, on the sockets of `Host`: CPU and answered keep-alives."""
    import asyncio

    started = time.process_time()
    with Network(seed=1) as net:
        internet = net.internet()
        server = net.host("server", at=internet)

        async def serve() -> None:
            socket = await server.udp.open(4, port=PORT)
            while True:
                item = await socket.receive()
                if isinstance(item, Datagram):
                    socket.send(item.data, item.source)

        clients = [net.host(f"host{n}", at=net.nat(f"nat{n}", at=internet)) for n in range(hosts)]
        address = server.node.ports["eth0"].address(4)
        assert address is not None

        async def run() -> int:
            net.start(server, serve())
            await asyncio.sleep(0)
            return sum(await asyncio.gather(*(keep_alive(c, Endpoint(address, PORT)) for c in clients)))

        answers = net.run(run())
    return time.process_time() - started, answers


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--packets", type=int, default=100_000)
    parser.add_argument("--hosts", default="10,100,1000,10000")
    options = parser.parse_args()
    print(f"{'hosts':>6} {'':8} {'build s':>8} {'run s':>7} {'packets':>8} {'received':>8} {'us/packet':>10}")
    for hosts in (int(text) for text in options.hosts.split(",")):
        for checked in (False, True):
            row = exchange(hosts, options.packets, checked=checked)
            kind = "checked" if checked else "bare"
            goal = f"  goal {GOAL_S:g} s" if hosts == 1000 and not checked else ""
            print(
                f"{hosts:>6} {kind:8} {row.build_s:>8.2f} {row.run_s:>7.2f} {row.sent:>8} {row.received:>8}"
                f" {row.run_s / row.sent * 1e6:>10.1f}{goal}"
            )
    cpu, answers = hour(100)
    print(f"an hour of keep-alives every {KEEPALIVE_S:g} s, 100 hosts, as coroutines: {cpu:.2f} s, {answers} answers")


if __name__ == "__main__":
    main()
