"""Staying connected: through restarts, refusals and silence, with pauses that grow, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from natscope.host.api import Failure
from natscope.machines.derp_client import READ_LIMIT_S
from natscope.relay_client import Connected, ConnectError, ConnectionLost, Disconnected, RelayKeeper, Target
from natscope.relay_client.keeper import KeeperEvent
from natscope.sim.faults import Partition, schedule
from natscope.wire.derp.frames import RecvPacket, Restarting
from tests.relay_client.relays import options_of
from tests.sim.relay_world import World, node, relay_on
from tests.sim.running import this_network


@pytest.fixture
async def world() -> AsyncIterator[World]:
    net = this_network()
    yield World(net)
    net.close()


class Kept:
    """A keeper whose events are collected with their times."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.options = options_of(world.client)
        self.keeper = RelayKeeper(world.client, Target.of_node(node()), self.options)
        self.events: list[tuple[float, KeeperEvent]] = []
        self.task = asyncio.ensure_future(self._run())

    async def _run(self) -> None:
        async for event in self.keeper:
            self.events.append((self.world.now, event))

    def of(self, kind: type) -> list[tuple[float, KeeperEvent]]:
        return [(at, event) for at, event in self.events if isinstance(event, kind)]

    async def end(self) -> None:
        await self.keeper.close()
        await self.task


async def test_a_relay_that_comes_back_is_found_again(world: World) -> None:
    kept = Kept(world)
    key = kept.options.private.public
    async with relay_on(world.one, world.issued.files) as served:
        await asyncio.sleep(1)
        kept.keeper.send(key, b"to myself")
        await asyncio.sleep(9)
        assert [type(event) for _, event in kept.events] == [Connected, RecvPacket]
        served.server.post(lambda now: served.relay.restarting(0, 0))
        await asyncio.sleep(1)
    down_at = world.now
    await asyncio.sleep(30)
    assert not kept.keeper.send(key, b"to nobody")
    assert kept.keeper.dropped == 1
    lost = [event for _, event in kept.of(Disconnected) if isinstance(event, Disconnected)]
    assert isinstance(lost[0].error, ConnectionLost)
    assert all(isinstance(event.error, ConnectError) for event in lost[1:])
    pauses = [event.retry_in_s for event in lost]
    assert pauses[0] <= 0.01
    assert 2.5 <= pauses[-1] <= 5.0
    assert len(set(pauses)) == len(pauses)
    async with relay_on(world.one, world.issued.files):
        await asyncio.sleep(6)
        assert len(kept.of(Connected)) == 2
        assert kept.of(Connected)[1][0] - down_at < 36
        await kept.end()
    assert len(kept.of(Disconnected)) == len(lost)


async def test_a_restarting_relay_says_when_to_come_back(world: World) -> None:
    kept = Kept(world)
    async with relay_on(world.one, world.issued.files) as served:
        await asyncio.sleep(6)
        served.server.post(lambda now: served.relay.restarting(3000, 0))
        await asyncio.sleep(0.1)
        served.server.post(lambda now: served.relay.close_all())
        await asyncio.sleep(4)
        assert [type(event) for _, event in kept.events] == [Connected, Restarting, Disconnected, Connected]
        gone, back = kept.of(Disconnected)[0], kept.of(Connected)[1]
        assert back[0] - gone[0] == pytest.approx(3.0, abs=0.2)
        await kept.end()


async def test_a_relay_that_lets_in_and_closes_is_not_hammered(world: World) -> None:
    kept = Kept(world)
    async with relay_on(world.one, world.issued.files) as served:
        for _ in range(300):
            await asyncio.sleep(0.1)
            served.server.post(lambda now: served.relay.close_all())
        assert len(kept.of(Connected)) < 25
        await kept.end()


async def test_a_relay_that_falls_silent_is_given_up(world: World) -> None:
    kept = Kept(world)
    async with relay_on(world.one, world.issued.files):
        await asyncio.sleep(1)
        schedule(world.net, [Partition(at_s=0, lasts_s=1000, nodes=("one",))])
        await asyncio.sleep(READ_LIMIT_S + 1)
        _at, event = kept.of(Disconnected)[0]
        assert isinstance(event, Disconnected)
        assert isinstance(event.error, ConnectionLost)
        assert event.error.failure is Failure.TIMEOUT
        assert "nothing was heard from the relay one for 120 s" in event.error.message
        await kept.end()


async def test_closing_does_not_wait_for_a_connect(world: World) -> None:
    world.one.node.stack.refuses = False
    kept = Kept(world)
    await asyncio.sleep(0.5)
    began = world.now
    await kept.end()
    assert world.now == began
    assert kept.events == []
