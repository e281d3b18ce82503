"""Port allocation: which external port a new mapping takes (RFC 4787 §4.2, RFC 5382 §7, RFC 5508 §3.1).

Three policies keep the internal port and differ in what happens when somebody else has it: `PRESERVING` takes another
port, `OVERLOADING` takes the port all the same and the newest owner wins (forbidden by RFC 4787 REQ-3, and sold),
`PER_FLOW` shares it until both talk to the same remote endpoint (the way of Linux). The others do not look at the
internal port but for its class: below 1024 stays below 1024 (REQ-3a), even stays even (REQ-4) where that is asked.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import TypeAlias

from natscope.machines.nat.draw import Draw

NO_FREE_PORT = -1
RANDOM_TRIES = 32
"""Draws before a full range is searched from a random place on."""
FIRST_REGISTERED = 1024
Taken: TypeAlias = Callable[[int], bool]


class PortPolicy(enum.StrEnum):
    """How external ports are chosen."""

    PRESERVING = "preserving"
    OVERLOADING = "overloading"
    PER_FLOW = "preserving-per-flow"
    SEQUENTIAL = "sequential"
    RANDOM = "random"


KEEPS_PORT = (PortPolicy.PRESERVING, PortPolicy.OVERLOADING, PortPolicy.PER_FLOW)


class PortAllocator:
    """Chooses ports or ICMP identifiers; remembers nothing but where the sequences stand."""

    __slots__ = ("_draw", "_high", "_keeps", "_low", "_next", "_overloads", "_parity", "_random", "_split", "_stride")

    def __init__(
        self,
        policy: PortPolicy,
        port_range: tuple[int, int],
        draw: Draw,
        *,
        stride: int = 1,
        parity: bool = False,
        low_stays_low: bool = True,
    ) -> None:
        self._keeps = policy in KEEPS_PORT
        self._overloads = policy is PortPolicy.OVERLOADING
        self._random = policy is not PortPolicy.SEQUENTIAL
        self._low, self._high = port_range
        self._stride = stride
        self._parity = parity
        self._split = low_stays_low
        self._draw = draw
        self._next: dict[tuple[int, int, bool], int] = {}

    def keep(self, port: int, busy: Taken, *, identifier: bool = False) -> bool:
        """Whether the policy gives the internal port itself."""
        if not self._keeps or (busy(port) and not self._overloads):
            return False
        low, high = self._bounds(port)
        return identifier or low <= port <= high

    def suits(self, wish: int, port: int) -> bool:
        """Whether `wish` is of the class of internal `port`."""
        low, high = self._bounds(port)
        return low <= wish <= high

    def other(self, proto: int, address: int, port: int, taken: Taken, *, identifier: bool = False) -> int:
        """Some port of the right class that nobody has, or `NO_FREE_PORT`. ICMP identifiers have no classes."""
        if identifier:
            return self._search(proto, address, 1, 65535, 1, taken)
        low, high = self._bounds(port)
        if not self._parity:
            return self._search(proto, address, low, high, 1, taken)
        return self._search(proto, address, low + (low ^ port) % 2, high, 2, taken)

    def _bounds(self, port: int) -> tuple[int, int]:
        if self._split and port < FIRST_REGISTERED:
            return 1, FIRST_REGISTERED - 1
        return self._low, self._high

    def _search(self, proto: int, address: int, low: int, high: int, step: int, taken: Taken) -> int:
        count = (high - low) // step + 1
        if count <= 0:
            return NO_FREE_PORT
        if not self._random:
            return self._successor(proto, address, low, count, step, taken)
        for _ in range(RANDOM_TRIES):
            port = low + step * self._draw.below(count)
            if not taken(port):
                return port
        return _scan(low, count, step, self._draw.below(count), taken)

    def _successor(self, proto: int, address: int, low: int, count: int, step: int, taken: Taken) -> int:
        """The next port of the sequence of this protocol, address and class (below 1024 or not)."""
        place = (proto, address, low < FIRST_REGISTERED)
        port = self._next.get(place)
        if port is None:
            port = low + step * self._draw.below(count)
        for _ in range(count):
            candidate = low + (port - low) % (count * step)
            if (candidate - low) % step:
                candidate = low + (port + 1 - low) % (count * step)
            port = candidate + self._stride
            if not taken(candidate):
                self._next[place] = port
                return candidate
        return _scan(low, count, step, 0, taken)


def _scan(low: int, count: int, step: int, start: int, taken: Taken) -> int:
    """The first free port from place `start` on, around the range once."""
    for place in range(start, start + count):
        port = low + step * (place % count)
        if not taken(port):
            return port
    return NO_FREE_PORT
