"""Sockets of one probe: answers by id and source, strangers kept within bounds, rows of ports, everything closed."""

from __future__ import annotations

import asyncio
from ipaddress import ip_address
from typing import Any, cast

import pytest

from natscope.host.api import HostError
from natscope.model.endpoint import Endpoint
from natscope.plugins.probe_context import ProbeContext
from natscope.sim.link import LinkSpec
from natscope.sim.topology import Network
from natscope.wire.stun.message import encode_binding_request, encode_binding_success
from natscope_probes._fresh_socket import MAX_STRANGERS, FreshSockets

SERVER = Endpoint(ip_address("203.0.113.2"), 3478)


class Options:
    bind_address = ""
    interface = ""


class Ctx:
    """As much of a `ProbeContext` as sockets need."""

    options = Options()

    def __init__(self, host: Any) -> None:
        self.host = host


def two_hosts(net: Network) -> tuple[Any, Any]:
    internet = net.internet()
    link = LinkSpec(latency_s=0.01)
    return net.host("alice", at=internet, link=link), net.host("server", at=internet, ipv4=str(SERVER.ip), link=link)


def test_answers_and_strangers() -> None:
    async def scene(alice: Any, server: Any) -> None:
        served = await server.udp.open(4, port=SERVER.port)
        async with FreshSockets(cast(ProbeContext, Ctx(alice))) as group:
            socket = await group.open_scattered(4)
            question = socket.ask(SERVER)
            request = await served.receive()
            told = Endpoint(ip_address("198.51.100.9"), 7)
            served.send(b"\x00" * 30, request.source)
            served.send(encode_binding_success(b"x" * 12, told), request.source)
            served.send(encode_binding_request(question.transaction_id), request.source)
            served.send(encode_binding_success(question.transaction_id, told), request.source)
            served.send(encode_binding_success(question.transaction_id, SERVER), request.source)
            assert await group.wait(alice.clock.now() + 1, lambda: question.answered_at is not None)
            await alice.clock.sleep(0.1)
            assert (question.mapped, socket.mapped) == (told, told)
            assert [s.source for s in socket.strangers] == [SERVER, SERVER]
            for _ in range(2 * MAX_STRANGERS):
                served.send(encode_binding_success(b"x" * 12, told), request.source)
            await alice.clock.sleep(0.1)
            assert len(socket.strangers) == MAX_STRANGERS
        assert len(alice.node.stack.udp) == 0

    with Network(1) as net:
        net.run(scene(*two_hosts(net)))


def test_a_row_is_of_neighbours_and_the_first_is_even() -> None:
    async def scene(alice: Any, server: Any) -> None:
        async with FreshSockets(cast(ProbeContext, Ctx(alice))) as group:
            for count in (1, 2, 3):
                row = [socket.local.port for socket in await group.open_row(4, count)]
                assert row == list(range(row[0], row[0] + count))
                assert row[0] % 2 == 0
            assert len(alice.node.stack.udp) == 6
        assert len(alice.node.stack.udp) == 0

    with Network(1) as net:
        net.run(scene(*two_hosts(net)))


def test_nothing_stays_open_when_no_row_is_free_or_the_probe_is_cancelled() -> None:
    async def scene(alice: Any, server: Any) -> None:
        group = FreshSockets(cast(ProbeContext, Ctx(alice)))
        with pytest.raises(HostError):
            await group.open(6 if alice.node.families == (4,) else 4, address=ip_address("192.0.2.1"))
        assert group.sockets == []

        async def hang() -> None:
            async with FreshSockets(cast(ProbeContext, Ctx(alice))) as sockets:
                await sockets.open_row(4, 2)
                await asyncio.sleep(3600)

        task = asyncio.get_running_loop().create_task(hang())
        await alice.clock.sleep(0.1)
        assert len(alice.node.stack.udp) == 2
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert len(alice.node.stack.udp) == 0

    with Network(1) as net:
        net.run(scene(*two_hosts(net)))
