"""The clock of this computer."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime


class RealClock:
    """`now()` is the monotonic clock, which on Linux is also the event loop's."""

    def now(self) -> float:
        """Seconds with an arbitrary zero."""
        return time.monotonic()

    def utc(self) -> datetime:
        """The wall clock in UTC."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        """Wait; zero or less yields once."""
        await asyncio.sleep(max(0.0, seconds))
