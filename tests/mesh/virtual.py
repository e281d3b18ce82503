"""Runs a test in virtual time: minutes of pinging cost nothing, and nothing depends on how fast this computer is."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from natscope.host.api import Clock
from natscope.lab.stand_in import StandInMesh
from natscope.lab.stand_in_daemon import StandIn
from natscope.lab.stand_in_serve import StandInHttp
from natscope.sim.clock import SimClock
from natscope.sim.loop import SimLoop
from natscope.sim.timeline import Timeline
from natscope.tailscaled.daemon import Daemon

T = TypeVar("T")


def in_virtual_time(work: Callable[[Clock], Awaitable[T]]) -> T:
    """What `work` gives; its clock begins at a fixed time."""
    timeline = Timeline()

    async def main() -> T:
        return await work(SimClock(timeline))

    with asyncio.Runner(loop_factory=lambda: SimLoop(timeline)) as runner:
        return runner.run(main())


def daemon_of(mesh: StandInMesh, clock: Clock) -> tuple[Daemon, StandIn]:
    """A source whose daemon plays that mesh."""
    stand_in = StandIn(mesh, clock)
    return Daemon(StandInHttp(stand_in, clock), "/run/t.sock"), stand_in
