"""What two relays of a region do for each other's clients, whatever they run on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

import pytest

from natscope.host.api import Host
from natscope.machines.derp.counters import Drop
from natscope.machines.derp.relay import Relay
from natscope.model.endpoint import Endpoint
from natscope.relay_client import ConnectionLost, RelayConnection, Target, connect
from natscope.wire.derp.frames import GoneReason, PeerGone, RecvPacket
from tests.relay_client.relays import node_at, options_of

MESH_KEY = bytes(range(32))
LIMIT_S = 20.0


class Region(Protocol):
    """Two relays, `one` and `two`, linked to each other and each also to itself, and computers for clients."""

    client_host: Host
    ca_file: str
    lines: list[str]
    """What the relays' logs say."""

    def relay(self, name: str) -> Relay: ...

    def at(self, name: str) -> Endpoint: ...

    async def start(self, name: str) -> None: ...

    async def kill(self, name: str) -> None: ...


async def until(what: Callable[[], object]) -> None:
    async with asyncio.timeout(LIMIT_S):
        while not what():  # noqa: ASYNC110 - the relay has no event for it
            await asyncio.sleep(0.005)


class Member:
    """A client of one relay."""

    def __init__(self, region: Region, relay: str) -> None:
        self.region, self.at = region, relay
        self.options = options_of(region.client_host, ca_file=region.ca_file)
        self.connection: RelayConnection | None = None

    @property
    def key(self) -> bytes:
        return self.options.private.public

    async def join(self) -> Member:
        node = node_at(self.region.at(self.at), self.at)
        self.connection = await connect(self.region.client_host, Target.of_node(node), self.options)
        return self

    def send(self, to: Member, packet: bytes) -> None:
        assert self.connection is not None
        self.connection.send(to.key, packet)

    async def packet(self) -> bytes:
        """The next one, whatever comes before."""
        while True:
            event = await self.event()
            if isinstance(event, RecvPacket):
                return event.packet

    async def event(self) -> object:
        assert self.connection is not None
        async with asyncio.timeout(LIMIT_S):
            return await self.connection.next()

    async def leave(self) -> None:
        assert self.connection is not None
        await self.connection.close()


async def knows(region: Region, relay: str, member: Member) -> None:
    await until(lambda: region.relay(relay).registry.link_for(member.key) is not None)


class MeshContract:
    """A subclass gives the fixture `region`, with both relays started."""

    async def test_packets_cross_both_ways_and_goodbyes_too(self, region: Region) -> None:
        a, b = await Member(region, "one").join(), await Member(region, "two").join()
        await knows(region, "one", b)
        await knows(region, "two", a)
        for size in (0, 1, 1400, 65_536):
            packet = region.client_host.rng.bytes(size)
            a.send(b, packet)
            assert await b.packet() == packet
            b.send(a, packet)
            assert await a.packet() == packet
        assert region.relay("one").counters.forwarded_out == region.relay("two").counters.forwarded_in == 4
        await b.leave()
        assert await a.event() == PeerGone(b.key, GoneReason.DISCONNECTED)
        await until(lambda: region.relay("one").registry.is_nowhere(b.key))
        await a.leave()

    async def test_a_long_series_crosses_whole_and_in_order(self, region: Region) -> None:
        a, b = await Member(region, "one").join(), await Member(region, "two").join()
        await knows(region, "one", b)
        assert a.connection is not None
        sent = [number.to_bytes(4, "big") * 100 for number in range(500)]

        async def send_all() -> None:
            assert a.connection is not None
            for packet in sent:
                await a.connection.put(b.key, packet)

        sending = asyncio.ensure_future(send_all())
        assert [await b.packet() for _ in sent] == sent
        await sending
        await a.leave()
        await b.leave()

    async def test_a_relay_that_dies_is_forgotten_and_one_that_comes_back_is_found(self, region: Region) -> None:
        a, b = await Member(region, "one").join(), await Member(region, "two").join()
        await knows(region, "one", b)
        await knows(region, "two", a)
        b.send(a, b"before")
        assert await a.packet() == b"before"
        await region.kill("two")
        assert await a.event() == PeerGone(b.key, GoneReason.DISCONNECTED)  # the region's only way to it broke
        assert region.relay("one").registry.links == {}
        assert a.connection is not None
        assert a.connection.is_open
        with pytest.raises(ConnectionLost):
            await b.event()
        a.send(b, b"to nobody")
        await until(lambda: region.relay("one").counters.drops.get((Drop.UNKNOWN_DEST, False)))
        await region.start("two")
        await b.join()
        await knows(region, "one", b)
        await knows(region, "two", a)
        a.send(b, b"after")
        assert await b.packet() == b"after"
        b.send(a, b"and back")
        assert await a.packet() == b"and back"
        await a.leave()
        await b.leave()

    async def test_a_client_that_moves_is_found_at_its_new_place(self, region: Region) -> None:
        a, b = await Member(region, "one").join(), await Member(region, "two").join()
        await knows(region, "one", b)
        old, b.at = b.connection, "one"
        await b.join()  # the old connection still stands: the near one wins
        a.send(b, b"near")
        assert await b.packet() == b"near"
        assert region.relay("one").counters.forwarded_out == 0
        await b.leave()
        await until(lambda: b.key not in region.relay("one").registry.active)
        assert old is not None
        a.send(b, b"far")
        async with asyncio.timeout(LIMIT_S):
            assert await old.next() == RecvPacket(a.key, b"far")
        await old.close()
        await a.leave()

    async def test_no_relay_links_to_itself(self, region: Region) -> None:
        await until(lambda: sum("is this relay itself" in line for line in region.lines) == 2)
        for name in ("one", "two"):
            relay = region.relay(name)
            await until(lambda relay=relay: len(relay.registry.watchers) == 1)  # type: ignore[misc]
            assert relay.private.public not in relay.registry.links

    async def test_a_client_without_the_mesh_key_is_not_served_as_a_relay(self, region: Region) -> None:
        options = options_of(region.client_host, ca_file=region.ca_file, mesh_key=b"\1" * 32, watch=True)
        node = node_at(region.at("one"))
        connection = await connect(region.client_host, Target.of_node(node), options)
        with pytest.raises(ConnectionLost, match="closed the connection"):
            await connection.next()
        await connection.close()
