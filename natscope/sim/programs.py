"""Runs coroutine programs on a timeline: the event loop of one simulated network."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from natscope.sim.loop import SimLoop
from natscope.sim.timeline import Timeline

Result = TypeVar("Result")
LIMIT_S = 7 * 86_400.0
"""The most virtual time that `run` lets a program take, unless told otherwise."""


class Programs:
    """The loop is made at the first use, and lives until `close`. Inside a running `SimLoop`, `start` uses that one."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._runner: asyncio.Runner | None = None
        self._tasks: WeakValueDictionary[int, asyncio.Task[Any]] = WeakValueDictionary()
        self._begun = 0

    def run(self, program: Coroutine[Any, Any, Result], limit_s: float = LIMIT_S) -> Result:
        """Run a program to its end; `TimeoutError` after `limit_s` virtual seconds."""
        return self._the_runner().run(asyncio.wait_for(program, limit_s))

    def start(self, program: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run a program beside everything else."""
        try:
            return asyncio.get_running_loop().create_task(program)
        except RuntimeError:
            return self._the_runner().get_loop().create_task(program)

    def close(self) -> None:
        """End all programs, in the order in which they began: what they still send is a part of the trace."""
        if self._runner is not None:
            left = [task for task in self._tasks.values() if not task.done()]
            for task in left:
                task.cancel()
            if left:
                self._runner.run(_ended(left))
            self._runner.close()
            self._runner = None

    def _the_runner(self) -> asyncio.Runner:
        if self._runner is None:
            self._runner = asyncio.Runner(loop_factory=self._loop)
        return self._runner

    def _loop(self) -> SimLoop:
        loop = SimLoop(self._timeline)
        loop.set_task_factory(self._task)
        return loop

    def _task(self, loop: asyncio.AbstractEventLoop, program: Any, **more: Any) -> asyncio.Task[Any]:
        """As asyncio makes it. Asyncio keeps all tasks in a set, whose order is that of this computer's memory."""
        task: asyncio.Task[Any] = asyncio.Task(program, loop=loop, **more)
        self._tasks[self._begun] = task
        self._begun += 1
        return task


async def _ended(tasks: list[asyncio.Task[Any]]) -> None:
    await asyncio.gather(*tasks, return_exceptions=True)
