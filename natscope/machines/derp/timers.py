"""Deadlines of many connections: one entry each, and those that are over do not pile up.

A deadline that moves later costs nothing: its entry comes up at the old time and is put back then. Without that, each
request of a busy connection would leave an entry behind, and each closed connection would stay here until its time.
"""

from __future__ import annotations

import heapq
import math
from typing import Generic, Protocol, TypeVar

NEVER = math.inf
_FEW = 64


class Timed(Protocol):
    """`deadline` is when it is due; `armed` belongs to `Timers`: the time of its entry, `NEVER` without one."""

    deadline: float
    armed: float


T = TypeVar("T", bound=Timed)


class Timers(Generic[T]):
    """One deadline for each item."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, T]] = []
        self._numbers = 0
        self._stale = 0

    def __len__(self) -> int:
        """Entries, those among them that do not count any more."""
        return len(self._heap)

    def arm(self, item: T, when: float) -> None:
        """It is due then, and not when it was due before."""
        item.deadline = when
        if item.armed <= when:
            return
        if item.armed != NEVER:
            self._stale += 1
        item.armed = when
        self._numbers += 1
        heapq.heappush(self._heap, (when, self._numbers, item))

    def disarm(self, item: T) -> None:
        """It is never due again; for good."""
        item.deadline = NEVER
        if item.armed == NEVER:
            return
        item.armed = NEVER
        self._stale += 1
        if self._stale > _FEW and 2 * self._stale > len(self._heap):
            self._heap = [entry for entry in self._heap if entry[0] == entry[2].armed]
            heapq.heapify(self._heap)
            self._stale = 0

    def next(self) -> float | None:
        """When to look again; nothing may be due then."""
        return self._heap[0][0] if self._heap else None

    def due(self, now: float) -> list[T]:
        """What is due; it has no deadline any more."""
        found: list[T] = []
        while self._heap and self._heap[0][0] <= now:
            when, _, item = heapq.heappop(self._heap)
            if when != item.armed:
                self._stale -= 1
                continue
            item.armed = NEVER
            if item.deadline > now:
                self.arm(item, item.deadline)
            else:
                found.append(item)
        return found
