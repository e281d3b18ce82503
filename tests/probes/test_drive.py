"""A machine on a socket: datagrams and deadlines go in, what it sends goes out, errors of the system end it."""

from __future__ import annotations

import asyncio
import ipaddress

from natscope.machines.many_asks import GAPS_S, ManyAsks
from natscope.model.endpoint import Endpoint
from natscope.sim.topology import Network
from natscope_probes._drive import drive
from tests.sim.relays import serve_stun


def asks(*targets: str) -> ManyAsks:
    return ManyAsks([Endpoint.parse(target) for target in targets], bytes(range(240)))


def test_answers_reach_the_machine_and_silence_ends_by_its_deadlines() -> None:
    with Network(1) as net:
        internet = net.internet()
        server, host = net.host("server", at=internet), net.host("host", at=internet)
        net.start(server, serve_stun(server))
        address = server.node.ports["eth0"].address(4)

        async def main() -> tuple[ManyAsks, str, float]:
            await asyncio.sleep(0.1)
            machine, socket = asks(f"{address}:3478", "203.0.113.250:3478"), await host.udp.open(4)
            began = host.clock.now()
            return machine, await drive(host, socket, machine), host.clock.now() - began

        machine, failure, took_s = net.run(main())
        assert failure == ""
        assert [asked.mapped is not None for asked in machine.asked] == [True, False]
        assert GAPS_S[-1] < took_s < GAPS_S[-1] + 1


def test_a_system_that_cannot_send_ends_it_with_its_words() -> None:
    with Network(1) as net:
        host = net.host("host", at=net.internet())

        async def main() -> str:
            socket = await host.udp.open(4, address=ipaddress.ip_address("127.0.0.1"))
            socket.close()
            return await drive(host, socket, asks("203.0.113.250:3478"))

        assert net.run(main()) == "the socket is closed"
