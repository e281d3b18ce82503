"""What two clients do through a relay, whatever the hosts are: run on loopback and in the simulator."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from natscope.errors import RemoteError
from natscope.host.api import Failure, Host, ServerTls
from natscope.machines.derp.settings import RelaySettings
from natscope.model.endpoint import Endpoint, Family, IPAddress
from natscope.model.relay_map import RelayNode
from natscope.relay_client import ConnectionLost, RelayConnection, Target, connect
from natscope.wire.derp.frames import (
    GoneReason,
    Health,
    PeerGone,
    PeerPresent,
    PresentFlags,
    RecvPacket,
    Restarting,
)
from tests.relay_client.proxies import ConnectProxy
from tests.relay_client.relays import Served, node_at, options_of, serving

MESH_KEY = bytes(range(32))


@dataclass(frozen=True)
class Bench:
    """Two computers of clients, one of a relay, its address per family, a certificate for `relay.test` and its CA."""

    a: Host
    b: Host
    relay: Host
    at: dict[Family, IPAddress]
    tls: ServerTls
    ca_file: str
    pin: str


@dataclass
class Meeting:
    """Two clients of one relay, both connected."""

    served: Served
    node: RelayNode
    a: RelayConnection
    b: RelayConnection
    key_a: bytes
    key_b: bytes


@asynccontextmanager
async def meeting(
    bench: Bench, *, family: Family = 4, plain: bool = False, settings: RelaySettings | None = None, **fields: object
) -> AsyncIterator[Meeting]:
    tls = None if plain else bench.tls
    async with serving(bench.relay, Endpoint(bench.at[family], 0), tls, settings=settings) as served:
        node = node_at(served.at)
        first, second = (options_of(host, plain=plain, ca_file=bench.ca_file, **fields) for host in (bench.a, bench.b))
        async with (
            await connect(bench.a, Target.of_node(node), first) as a,
            await connect(bench.b, Target.of_node(node), second) as b,
        ):
            yield Meeting(served, node, a, b, first.private.public, second.private.public)


async def packets(connection: RelayConnection, count: int) -> list[bytes]:
    found: list[bytes] = []
    while len(found) < count:
        event = await connection.next()
        if isinstance(event, RecvPacket):
            found.append(event.packet)
    return found


async def until(what: object) -> None:
    """Until the relay has noticed."""
    async with asyncio.timeout(10):
        while not what():  # type: ignore[operator]  # noqa: ASYNC110 - the relay's machine has no event for it
            await asyncio.sleep(0.001)


class ClientContract:
    """A subclass gives the fixture `bench`."""

    @pytest.mark.parametrize("plain", [False, True])
    @pytest.mark.parametrize("family", [4, 6])
    async def test_packets_of_every_size_both_ways(self, bench: Bench, plain: bool, family: Family) -> None:
        async with meeting(bench, family=family, plain=plain) as m:
            sent = [bench.a.rng.bytes(size) for size in (0, 1, 100, 1400, 16_384, 65_536)]
            for packet in sent:
                m.a.send(m.key_b, packet)
            assert await packets(m.b, len(sent)) == sent
            for packet in sent:
                m.b.send(m.key_a, packet)
            assert await packets(m.a, len(sent)) == sent
            assert m.a.facts.server_key == m.served.relay.private.public
            assert (m.a.facts.tls is None) == plain
            assert m.a.facts.address == m.served.at
            assert m.a.counters.packets_sent == m.a.counters.packets_received == len(sent)

    async def test_a_long_series_arrives_whole_and_in_order(self, bench: Bench) -> None:
        async with meeting(bench) as m:
            sent = [number.to_bytes(4, "big") * 100 for number in range(1500)]

            async def send_all() -> None:
                for packet in sent:
                    await m.a.put(m.key_b, packet)

            sending = asyncio.ensure_future(send_all())
            assert await packets(m.b, len(sent)) == sent
            await sending
            assert (m.a.counters.dropped, m.a.counters.packets_sent) == (0, 1500)

    async def test_a_burst_beyond_the_queue_loses_the_oldest_and_counts(self, bench: Bench) -> None:
        async with meeting(bench) as m:
            told = [m.a.send(m.key_b, bytes([number])) for number in range(40)]
            assert told == [True] * 32 + [False] * 8
            assert m.a.counters.dropped == 8
            assert await packets(m.b, 32) == [bytes([number]) for number in range(8, 40)]
            with pytest.raises(RemoteError, match="65537 bytes"):
                m.a.send(m.key_b, bytes(65_537))

    async def test_pings_are_timed(self, bench: Bench) -> None:
        async with meeting(bench) as m:
            first, second = await asyncio.gather(m.a.ping(), m.a.ping())
            assert 0 <= first < 5
            assert 0 <= second < 5
            assert m.served.relay.counters.pings == 2

    async def test_it_is_told_of_all_that_happens(self, bench: Bench) -> None:
        async with meeting(bench) as m:
            m.b.send(m.key_a, b"hello")
            assert await m.a.next() == RecvPacket(m.key_b, b"hello")
            m.served.server.post(lambda now: m.served.relay.set_health("too hot"))
            m.served.server.post(lambda now: m.served.relay.restarting(5, 7))
            await m.b.close()
            assert [await m.a.next() for _ in range(3)] == [
                Health("too hot"),
                Restarting(5, 7),
                PeerGone(m.key_b, GoneReason.DISCONNECTED),
            ]
            m.a.note_preferred(True)
            await until(lambda: m.served.relay.counters.home_moves_in == 1)

    async def test_home_and_watching_are_said_at_once(self, bench: Bench) -> None:
        settings = RelaySettings(mesh_key=MESH_KEY)
        async with meeting(bench, settings=settings, mesh_key=MESH_KEY, home=True, watch=True) as m:
            event = await m.a.next()
            assert isinstance(event, PeerPresent)
            assert event.flags == PresentFlags.MESH_PEER
            await until(lambda: m.served.relay.counters.home_moves_in == 2)

    async def test_an_end_is_told_after_all_that_came(self, bench: Bench) -> None:
        async with meeting(bench) as m:
            m.b.send(m.key_a, b"last words")
            await until(lambda: m.a.counters.packets_received == 1)
            m.served.server.post(lambda now: m.served.relay.close_all())
            await until(lambda: not m.a.is_open)
            assert await m.a.next() == RecvPacket(m.key_b, b"last words")
            with pytest.raises(ConnectionLost, match="closed the connection") as lost:
                await m.a.next()
            assert lost.value.failure is Failure.CLOSED
            with pytest.raises(ConnectionLost):
                await m.a.ping()
            with pytest.raises(ConnectionLost):
                await m.a.put(m.key_b, b"x")
            assert not m.a.send(m.key_b, b"x")

    async def test_closing_ends_the_iteration_quietly_and_lets_packets_leave(self, bench: Bench) -> None:
        async with meeting(bench) as m:
            seen: list[object] = []

            async def take() -> None:
                async for event in m.a:
                    seen.append(event)

            taking = asyncio.ensure_future(take())
            m.a.send(m.key_b, b"goodbye")
            await m.a.close()
            await m.a.close()
            await taking
            assert await packets(m.b, 1) == [b"goodbye"]
            assert seen == []

    async def test_a_pinned_relay(self, bench: Bench) -> None:
        async with serving(bench.relay, Endpoint(bench.at[4], 0), bench.tls) as served:
            node = node_at(served.at, cert_name=f"sha256-raw:{bench.pin}")
            async with await connect(bench.a, Target.of_node(node), options_of(bench.a)) as connection:
                assert connection.facts.tls is not None
                assert await connection.ping() >= 0

    async def test_through_a_proxy(self, bench: Bench) -> None:
        async with serving(bench.relay, Endpoint(bench.at[4], 0), bench.tls) as served:
            names = {f"relay.test:{served.at.port}": served.at}
            proxy = ConnectProxy(bench.relay, Endpoint(bench.at[4], 0), password="user:secret", names=names)
            async with proxy:
                node = node_at(served.at, ipv4="192.0.2.1")
                url = proxy.url.replace("://", "://user:secret@")
                options = options_of(bench.a, ca_file=bench.ca_file, proxy=url)
                async with await connect(bench.a, Target.of_node(node), options) as connection:
                    key = options.private.public
                    for size in (0, 1400, 65_536):
                        connection.send(key, bytes(size))
                        assert await packets(connection, 1) == [bytes(size)]
                    assert connection.facts.proxy == proxy.url
                assert proxy.targets == [f"relay.test:{served.at.port}"]
