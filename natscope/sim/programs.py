"""Runs coroutine programs on a timeline: the event loop of one simulated network."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

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
        """End all programs."""
        if self._runner is not None:
            self._runner.close()
            self._runner = None

    def _the_runner(self) -> asyncio.Runner:
        if self._runner is None:
            self._runner = asyncio.Runner(loop_factory=lambda: SimLoop(self._timeline))
        return self._runner
