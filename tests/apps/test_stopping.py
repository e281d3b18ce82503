"""Signals set an event while a run lasts, and are everybody's again behind it."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from natscope.apps.stopping import stop_on_signals, unless_stopped

LIMIT_S = 5.0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_and_the_handler_of_before_comes_back(number: signal.Signals) -> None:
    before = signal.getsignal(number)

    async def go() -> None:
        stop = asyncio.Event()
        with stop_on_signals(stop):
            os.kill(os.getpid(), number)
            await asyncio.wait_for(stop.wait(), LIMIT_S)

    asyncio.run(go())
    assert signal.getsignal(number) == before


def test_work_that_ends_first_gives_its_result() -> None:
    async def work() -> int:
        return 7

    async def go() -> int:
        return await unless_stopped(work(), asyncio.Event())

    assert asyncio.run(go()) == 7


def test_work_that_is_stopped_is_cancelled_and_there_is_nothing_to_show() -> None:
    ended = []

    async def work() -> None:
        try:
            await asyncio.sleep(LIMIT_S)
        finally:
            ended.append(True)

    async def go() -> None:
        stop = asyncio.Event()
        asyncio.get_running_loop().call_later(0.01, stop.set)
        await unless_stopped(work(), stop)

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(go())
    assert ended == [True]
