"""Meetings that go on side by side send at a stretch one after another, and for a limited time."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable


class Turns:
    """So many `meetings` share it; each takes one turn. `limit_s` is for the turns of all, from the first one on."""

    def __init__(self, meetings: int, limit_s: Callable[[], float], now: Callable[[], float]) -> None:
        """`limit_s` is asked when the first turn begins; `now` gives seconds of one clock."""
        self._all = asyncio.Barrier(meetings)
        self._one = asyncio.Lock()
        self._limit_s = limit_s
        self._now = now
        self._until: float | None = None

    @contextlib.asynccontextmanager
    async def turn(self) -> AsyncIterator[Callable[[], float]]:
        """Once all have come so far, one at a time; gives what asks how many seconds are left."""
        await self._all.wait()
        async with self._one:
            if self._until is None:
                self._until = self._now() + self._limit_s()
            until = self._until
            yield lambda: until - self._now()
