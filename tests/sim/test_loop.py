"""The event loop on virtual time: asyncio code runs unchanged, an idle loop jumps, and the real world is refused."""

from __future__ import annotations

import asyncio
import math
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from natscope.sim import loop as sim_loop
from natscope.sim.loop import RealWorldError, SimLoop, StuckError
from natscope.sim.timeline import START_S, Timeline


def run(program: Coroutine[Any, Any, Any], timeline: Timeline | None = None) -> Any:
    with asyncio.Runner(loop_factory=lambda: SimLoop(timeline)) as runner:
        return runner.run(program)


async def test_tests_in_this_folder_run_on_virtual_time() -> None:
    assert isinstance(asyncio.get_running_loop(), SimLoop)
    await asyncio.sleep(86_400)


def test_an_idle_loop_jumps_to_the_next_deadline() -> None:
    seen = []

    async def sleeper(seconds: float) -> None:
        await asyncio.sleep(seconds)
        seen.append(asyncio.get_running_loop().time() - START_S)

    async def program() -> None:
        await asyncio.gather(sleeper(3600), sleeper(60), sleeper(0.5))

    run(program())
    assert seen == [0.5, 60.0, 3600.0]


def test_a_timer_is_never_called_early() -> None:
    """A program that waits again until its time has really come would spin else, as soon as anything else is ready."""

    async def program() -> int:
        loop, rounds = asyncio.get_running_loop(), 0
        due = math.nextafter(loop.time(), math.inf)
        while loop.time() < due:
            rounds += 1
            other = asyncio.ensure_future(asyncio.sleep(0))
            await asyncio.wait({other, asyncio.ensure_future(asyncio.Event().wait())}, timeout=due - loop.time())
            await asyncio.wait({asyncio.ensure_future(asyncio.sleep(due - loop.time()))})
        return rounds

    assert run(program()) <= 2


def test_packets_and_tasks_share_one_clock() -> None:
    timeline, seen = Timeline(), []

    async def program() -> None:
        woken = asyncio.get_running_loop().create_future()
        timeline.after(2.0, woken.set_result, None)
        for delay in (1.0, 2.5):
            timeline.after(delay, lambda: seen.append(("timeline", timeline.now - START_S)))
        await asyncio.sleep(1.5)
        seen.append(("task", timeline.now - START_S))
        await woken
        seen.append(("woken", timeline.now - START_S))
        await asyncio.sleep(1.0)

    run(program(), timeline)
    assert seen == [("timeline", 1.0), ("task", 1.5), ("woken", 2.0), ("timeline", 2.5)]


def test_timeouts_end_at_their_time() -> None:
    async def program() -> float:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(30):
                await asyncio.get_running_loop().create_future()
        return asyncio.get_running_loop().time() - START_S

    assert run(program()) == 30.0


def test_a_program_that_waits_for_nothing_is_told() -> None:
    async def program() -> None:
        await asyncio.get_running_loop().create_future()

    loop = SimLoop()
    with pytest.raises(StuckError, match="nothing is going to happen"):
        loop.run_until_complete(program())
    loop.close()


def test_a_program_that_spins_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sim_loop, "MAX_STILL_ROUNDS", 1000)

    async def program() -> None:
        while True:  # noqa: ASYNC110 - that is the point
            await asyncio.sleep(0)

    loop = SimLoop()
    with pytest.raises(StuckError, match="without time passing"):
        loop.run_until_complete(program())
    loop.close()


def test_executors_and_threads_run_in_line() -> None:
    async def program() -> list[int]:
        loop = asyncio.get_running_loop()
        threads = [threading.get_ident(), await loop.run_in_executor(None, threading.get_ident)]
        loop.call_soon_threadsafe(lambda: threads.append(threading.get_ident()))
        await asyncio.sleep(0)
        return [*threads, await asyncio.to_thread(threading.get_ident)]

    assert run(program()) == [threading.get_ident()] * 4


def test_an_error_in_an_executor_is_handed_over() -> None:
    async def program() -> None:
        with pytest.raises(ZeroDivisionError):
            await asyncio.to_thread(lambda: 1 // 0)

    run(program())


Call = Callable[[asyncio.AbstractEventLoop], Any]
REAL_WORLD: dict[str, Call] = {
    "names": lambda loop: loop.getaddrinfo("localhost", 80),
    "connections": lambda loop: loop.create_connection(asyncio.Protocol, "127.0.0.1", 9),
    "servers": lambda loop: loop.create_server(asyncio.Protocol, "127.0.0.1", 0),
    "datagrams": lambda loop: loop.create_datagram_endpoint(asyncio.DatagramProtocol, ("127.0.0.1", 0)),
    "descriptors": lambda loop: loop.add_reader(0, print),
    "processes": lambda loop: loop.subprocess_shell(asyncio.SubprocessProtocol, "true"),
}


@pytest.mark.parametrize("what", REAL_WORLD)
async def test_the_real_world_is_refused(what: str) -> None:
    with pytest.raises(RealWorldError):
        await REAL_WORLD[what](asyncio.get_running_loop())
