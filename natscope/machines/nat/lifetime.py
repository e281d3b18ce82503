"""Lifetimes: how long a mapping or a flow lives, what refreshes it, and an agenda that costs no work per packet.

Idle lifetimes run from the last packet that refreshes (RFC 4787 §4.3 REQ-5 and REQ-6, RFC 5382 REQ-5, RFC 5508 REQ-2);
the absolute one runs from the first packet and nothing stops it. A timer is alive while `now < expires`.
"""

from __future__ import annotations

import enum
import heapq
import itertools
import math
from dataclasses import dataclass
from typing import Generic, TypeVar

COMPACT_OVER = 64
"""An agenda throws ended entries out when it has more than this many, and four times what is alive."""
Owner = TypeVar("Owner")


class Refresh(enum.StrEnum):
    """Which packets prolong a UDP mapping (RFC 4787 REQ-6: outbound must, inbound may). TCP and ICMP: both."""

    OUTBOUND = "outbound"
    INBOUND = "inbound"
    BOTH = "both"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifetimes:
    """Seconds. The defaults are what the RFCs recommend or allow at least.

    `udp_stream_s` replaces `udp_s` once a flow was answered and has a packet later than `stream_after_s` from its start
    (Linux). `absolute_s` ends a mapping at that age in spite of its traffic. `per_flow`: each flow has its own timer
    and the mapping lives as long as its longest flow; otherwise all flows live as long as the mapping. TCP is always
    per flow.
    """

    udp_s: float = 300.0
    udp_stream_s: float | None = None
    stream_after_s: float = 2.0
    tcp_established_s: float = 7440.0
    tcp_transitory_s: float = 240.0
    tcp_closing_s: float = 240.0
    icmp_s: float = 60.0
    absolute_s: float | None = None
    refresh: Refresh = Refresh.BOTH
    per_flow: bool = False

    def __post_init__(self) -> None:
        optional = [s for s in (self.udp_stream_s, self.absolute_s) if s is not None]
        idle = (self.udp_s, self.tcp_established_s, self.tcp_transitory_s, self.tcp_closing_s, self.icmp_s)
        if not all(0 < s < math.inf for s in (*idle, *optional)) or self.stream_after_s < 0:
            raise ValueError("lifetimes are positive numbers of seconds")


class Timer(Generic[Owner]):
    """When something ends. `out_idle` and `in_idle` are what a packet of that direction grants, 0 for nothing."""

    __slots__ = ("expires", "hard", "in_idle", "out_idle", "owner", "scheduled")

    def __init__(self, owner: Owner, expires: float, out_idle: float, in_idle: float, hard: float) -> None:
        self.owner: Owner | None = owner
        self.expires = expires if expires < hard else hard
        self.out_idle = out_idle
        self.in_idle = in_idle
        self.hard = hard
        self.scheduled = math.inf


class Agenda(Generic[Owner]):
    """Timers by their end. Prolonging one is a plain assignment: its entry is moved when its old time comes."""

    __slots__ = ("_heap", "_serial", "alive")

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Timer[Owner]]] = []
        self._serial = itertools.count()
        self.alive = 0

    def add(self, timer: Timer[Owner]) -> None:
        """Watch a new timer."""
        self.alive += 1
        self._schedule(timer)

    def shorten(self, timer: Timer[Owner]) -> None:
        """Call after an assignment that may have brought `expires` forward."""
        if timer.expires < timer.scheduled:
            self._schedule(timer)

    def drop(self, timer: Timer[Owner]) -> None:
        """Forget a timer whose owner ended otherwise."""
        if timer.owner is not None:
            timer.owner = None
            self.alive -= 1
            self._compact()

    def clear(self) -> None:
        """Forget everything."""
        self._heap.clear()
        self.alive = 0

    def next_time(self) -> float | None:
        """When to look again: never later than the first end, sometimes earlier."""
        return self._heap[0][0] if self._heap else None

    def due(self, now: float) -> list[Owner]:
        """The owners whose time is over, in order; each is given out once."""
        ended: list[Owner] = []
        heap = self._heap
        while heap and heap[0][0] <= now:
            when, _, timer = heapq.heappop(heap)
            owner = timer.owner
            if owner is None or when != timer.scheduled:
                continue
            if timer.expires > now:
                self._schedule(timer)
            else:
                timer.owner = None
                self.alive -= 1
                ended.append(owner)
        return ended

    def _schedule(self, timer: Timer[Owner]) -> None:
        timer.scheduled = timer.expires
        if timer.expires < math.inf:
            heapq.heappush(self._heap, (timer.expires, next(self._serial), timer))
            self._compact()

    def _compact(self) -> None:
        """Throw entries out that are no longer meant, where they are many."""
        heap = self._heap
        if len(heap) > COMPACT_OVER and len(heap) > 4 * self.alive:
            heap[:] = [item for item in heap if item[2].owner is not None and item[0] == item[2].scheduled]
            heapq.heapify(heap)
