"""Virtual time: a heap of (time, number, function, arguments), run in order by direct calls.

Equal times run in the order in which they were asked for, so a run never depends on anything but its inputs.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Callable
from typing import Any, TypeAlias

Entry: TypeAlias = tuple[float, int, Callable[..., object], tuple[Any, ...]]
START_S = 1000.0
"""The monotonic clock of a fresh simulation; its zero means nothing, as on a real computer."""


class Timeline:
    """The clock and what is going to happen. `heap` and `numbers` are open to the packet path, which pushes itself."""

    __slots__ = ("heap", "now", "numbers")

    def __init__(self, start: float = START_S) -> None:
        self.now = start
        self.heap: list[Entry] = []
        self.numbers = itertools.count()

    def at(self, when: float, function: Callable[..., object], *args: Any) -> None:
        """Call `function(*args)` at that time, or as soon as possible when it has passed."""
        heapq.heappush(self.heap, (max(when, self.now), next(self.numbers), function, args))

    def after(self, delay_s: float, function: Callable[..., object], *args: Any) -> None:
        """Call it in so many seconds."""
        self.at(self.now + delay_s, function, *args)

    def run_until(self, when: float) -> None:
        """Run all that is due up to and including `when`, then stand there."""
        heap, pop = self.heap, heapq.heappop
        while heap and heap[0][0] <= when:
            self.now, _, function, args = pop(heap)
            function(*args)
        if when < math.inf:
            self.now = max(self.now, when)

    def run_all(self) -> None:
        """Run until nothing is left; never ends when something repeats itself for ever."""
        self.run_until(math.inf)
