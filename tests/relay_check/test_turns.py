"""Streams of pairs: one at a time, after the single packets of all, and not for ever."""

from __future__ import annotations

import asyncio

import pytest

from natscope.model.tri import Tri
from natscope.relay_check import meeting
from natscope.relay_check.meeting import Client
from natscope.relay_check.turns import Turns
from natscope.relay_check.watch import Watch
from tests.relay_check.world import Planted, Relays


async def test_one_at_a_time_once_all_have_come() -> None:
    told: list[str] = []
    turns = Turns(3, lambda: 5.0, lambda: 0.0)

    async def meet(name: str, waits: int) -> None:
        for _ in range(waits):
            await asyncio.sleep(0)
        told.append(f"{name} came")
        async with turns.turn() as left_s:
            told.append(f"{name} begins")
            for _ in range(5):
                await asyncio.sleep(0)
            told.append(f"{name} ends")
            assert left_s() == 5.0

    await asyncio.gather(meet("a", 0), meet("b", 9), meet("c", 20))
    assert told[:3] == ["a came", "b came", "c came"]
    names = [line.split()[0] for line in told[3:]]
    assert names[::2] == names[1::2]
    assert sorted(set(names)) == ["a", "b", "c"]


async def test_the_time_of_all_begins_with_the_first_turn() -> None:
    now = 100.0
    turns = Turns(2, lambda: 5.0, lambda: now)
    left: list[float] = []

    async def meet() -> None:
        nonlocal now
        async with turns.turn() as left_s:
            left.append(left_s())
            now += 4.0
            left.append(left_s())

    await asyncio.gather(meet(), meet())
    assert left == [5.0, 1.0, 1.0, -3.0]


def test_pairs_of_relays_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    now_streaming: list[str] = []
    most = 0
    seen: list[tuple[str, str]] = []
    stream, single = meeting._stream, meeting._single
    still_single = 0

    async def counted(watch: Watch, sender: Client, receiver: Client, *rest: object) -> None:
        nonlocal still_single
        still_single += sender.node is not receiver.node
        await single(watch, sender, receiver, *rest)  # type: ignore[arg-type]
        still_single -= sender.node is not receiver.node

    async def watched(watch: Watch, sender: Client, receiver: Client, *rest: object) -> None:
        nonlocal most
        if sender.node is receiver.node:
            await stream(watch, sender, receiver, *rest)  # type: ignore[arg-type]
            return
        assert still_single == 0
        seen.append((sender.node.name, receiver.node.name))
        now_streaming.append(sender.node.name)
        most = max(most, len(now_streaming))
        await stream(watch, sender, receiver, *rest)  # type: ignore[arg-type]
        now_streaming.pop()

    monkeypatch.setattr(meeting, "_stream", watched)
    monkeypatch.setattr(meeting, "_single", counted)
    check = Relays(*(Planted(mesh=True) for _ in range(3))).check()
    assert most == 1
    assert len(set(seen)) == 6
    assert all(p.works is Tri.YES and p.stream_bytes_per_s for p in check.passages)


def test_a_limit_that_comes_during_a_stream_takes_nothing_from_the_packets_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stream = meeting._stream

    async def stuck(watch: Watch, sender: Client, receiver: Client, *rest: object) -> None:
        if sender.node is not receiver.node:
            await asyncio.Event().wait()
        await stream(watch, sender, receiver, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(meeting, "_stream", stuck)
    check = Relays(Planted(mesh=True), Planted(mesh=True)).check(limit_s=8.0)
    assert check.limit_reached
    assert {(p.works, p.loss) for p in check.passages} == {(Tri.YES, 0.0)}
    assert check.verdict.sentence == "Relays: 2 of 2 work"
