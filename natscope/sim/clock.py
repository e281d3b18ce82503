"""The clock of a simulated host: monotonic time is everybody's, the wall clock may be wrong or be set."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from natscope.sim.timeline import START_S, Timeline

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
"""The true date and time at which every simulation begins."""


class SimClock:
    """`wrong_by_s` is what the wall clock is ahead of the true one; a clock jump changes it, never `now`."""

    def __init__(self, timeline: Timeline, wrong_by_s: float = 0.0) -> None:
        self._timeline = timeline
        self.wrong_by_s = wrong_by_s

    def now(self) -> float:
        """Virtual seconds; only ever grows."""
        return self._timeline.now

    def utc(self) -> datetime:
        """What this host believes."""
        return EPOCH + timedelta(seconds=self._timeline.now - START_S + self.wrong_by_s)

    async def sleep(self, seconds: float) -> None:
        """Wait; zero or less yields once."""
        await asyncio.sleep(max(0.0, seconds))
