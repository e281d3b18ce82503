"""Pings a node again and again, one at a time, on a mesh source and a clock: what `ping` does between its two ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable
from dataclasses import dataclass
from typing import TypeVar

from natscope.host.api import Clock
from natscope.mesh.source import NO_ANSWER, MeshSource, PingKind
from natscope.model.mesh_ping import PingShot, PingWay

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class PingPlan:
    """How to ping. `count` 0: without end. `interval_s` is from one ping to the next, `wait_s` for each pong,
    `deadline_s` for all of it (None: no limit). `size` in bytes, disco only. `stop_at_first`: the first pong is enough;
    `until_direct`: the first direct one is.
    """

    kind: PingKind = PingKind.DISCO
    count: int = 10
    interval_s: float = 1.0
    wait_s: float = 5.0
    deadline_s: float | None = None
    size: int = 0
    until_direct: bool = True
    stop_at_first: bool = False

    def is_enough(self, shot: PingShot) -> bool:
        """Whether nothing more need be sent. What the program itself refuses to send will not get better either."""
        if shot.answer.error:
            return shot.answer.error != NO_ANSWER
        return self.stop_at_first or (self.until_direct and shot.way is PingWay.DIRECT)


async def ping_peer(
    source: MeshSource, ip: str, plan: PingPlan, clock: Clock, stop: asyncio.Event
) -> AsyncGenerator[PingShot, None]:
    """Each ping when it is over. `stop` ends it at once; a ping that it interrupts does not count.

    Raises `CannotMeasure` and `RefusedError` as the source does.
    """
    began = clock.now()
    ends = None if plan.deadline_s is None else began + plan.deadline_s
    number = 0
    while not plan.count or number < plan.count:
        number += 1
        sent = clock.now()
        wait = plan.wait_s if ends is None else min(plan.wait_s, ends - sent)
        answer = await until(stop, source.ping(ip, plan.kind, timeout_s=wait, size=plan.size))
        if answer is None:
            return
        shot = PingShot(
            number=number, at_s=sent - began, took_s=clock.now() - sent, answer=answer, ended_at=clock.utc()
        )
        yield shot
        if plan.is_enough(shot) or number == plan.count:
            return
        pause = max(0.0, sent + plan.interval_s - clock.now())
        if ends is not None and clock.now() + pause >= ends:
            return
        await until(stop, clock.sleep(pause))
        if stop.is_set():
            return


async def until(stop: asyncio.Event, work: Awaitable[T]) -> T | None:
    """The result of `work`, None when `stop` came first."""
    task, stopped = asyncio.ensure_future(work), asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait((task, stopped), return_when=asyncio.FIRST_COMPLETED)
        return task.result() if task.done() else None
    finally:
        for one in (task, stopped):
            one.cancel()
        await asyncio.gather(task, stopped, return_exceptions=True)
