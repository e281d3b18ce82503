"""Virtual time: entries of (time, number, function, arguments), run in order by direct calls.

Equal times run in the order in which they were asked for, so a run never depends on anything but its inputs. Entries
wait in a heap. What always happens after one and the same delay, as packets do that travel a link, comes in order
anyway and waits in a `Lane`, where nothing is sorted.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections import deque
from collections.abc import Callable
from typing import Any, TypeAlias

Entry: TypeAlias = tuple[float, int, Callable[..., object], tuple[Any, ...]]
MAX_LANES = 4
"""All their heads are looked at for each entry; delays that come later use the heap."""
START_S = 1000.0
"""The monotonic clock of a fresh simulation; its zero means nothing, as on a real computer."""


class Lane:
    """What happens a fixed time after it was asked for: in `queue` are (time, number, two arguments of `function`)."""

    __slots__ = ("function", "queue")

    def __init__(self, function: Callable[[Any, Any], object]) -> None:
        self.function = function
        self.queue: deque[tuple[float, int, Any, Any]] = deque()


class Timeline:
    """The clock and what is going to happen. The packet path adds to `heap` and to lanes itself, with `numbers`."""

    __slots__ = ("_lanes", "_lanes_by_use", "heap", "now", "numbers")

    def __init__(self, start: float = START_S) -> None:
        self.now = start
        self.heap: list[Entry] = []
        self.numbers = itertools.count()
        self._lanes: list[Lane] = []
        self._lanes_by_use: dict[tuple[float, Callable[[Any, Any], object]], Lane] = {}

    def lane(self, delay_s: float, function: Callable[[Any, Any], object]) -> Lane | None:
        """Where calls of `function` wait that are due exactly `delay_s` after they were added; None: too many lanes."""
        lane = self._lanes_by_use.get((delay_s, function))
        if lane is None and len(self._lanes) < MAX_LANES:
            lane = self._lanes_by_use[delay_s, function] = Lane(function)
            self._lanes.append(lane)
        return lane

    def at(self, when: float, function: Callable[..., object], *args: Any) -> None:
        """Call `function(*args)` at that time, or as soon as possible when it has passed."""
        now = self.now
        heapq.heappush(self.heap, (when if when > now else now, next(self.numbers), function, args))

    def after(self, delay_s: float, function: Callable[..., object], *args: Any) -> None:
        """Call it in so many seconds."""
        now = self.now
        heapq.heappush(self.heap, (now + delay_s if delay_s > 0 else now, next(self.numbers), function, args))

    def next_time(self) -> float | None:
        """When the next entry is due."""
        queues = [self.heap, *(lane.queue for lane in self._lanes)]
        times = [queue[0][0] for queue in queues if queue]
        return min(times, default=None)

    def take(self, until: float) -> Entry | None:
        """Remove the next entry and give it out, None when nothing is due up to and including `until`."""
        heap = self.heap
        first: tuple[Any, ...] = heap[0] if heap else _NEVER
        source = None
        for lane in self._lanes:
            queue = lane.queue
            if queue and queue[0] < first:
                first, source = queue[0], lane
        if first[0] > until or first is _NEVER:
            return None
        if source is None:
            return heapq.heappop(heap)
        when, number, port, packet = source.queue.popleft()
        return when, number, source.function, (port, packet)

    def run_until(self, when: float) -> None:
        """Run all that is due up to and including `when`, then stand there."""
        heap, lanes, pop = self.heap, self._lanes, heapq.heappop
        first: tuple[Any, ...]
        while True:  # as `take`, without a call for each entry
            first, source = heap[0] if heap else _NEVER, None
            for lane in lanes:
                queue = lane.queue
                if queue and queue[0] < first:
                    first, source = queue[0], lane
            now = first[0]
            if now > when or first is _NEVER:
                break
            self.now = now
            if source is None:
                pop(heap)
                first[2](*first[3])
            else:
                source.queue.popleft()
                source.function(first[2], first[3])
        if when < math.inf:
            self.now = max(self.now, when)

    def run_all(self) -> None:
        """Run until nothing is left; never ends when something repeats itself for ever."""
        self.run_until(math.inf)


def _nothing() -> None:
    """What happens never."""


_NEVER: Entry = (math.inf, 0, _nothing, ())
