"""What a machine is: decisions without I/O, clock, callback or logger.

Inputs and the time go in, commands and events come out. Whoever owns the sockets carries the commands out, waits
until `deadline()` and feeds a `Tick` then; ticks that come late are legal. Randomness arrives in the constructor or
in an input.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from natscope.model.endpoint import Endpoint


@dataclass(frozen=True, slots=True)
class Received:
    """A datagram, or bytes of a stream, that came from `source` on the machine's socket number `socket`."""

    data: bytes
    source: Endpoint
    socket: int = 0


@dataclass(frozen=True, slots=True)
class Tick:
    """The deadline has come, or somebody wants the machine to look at the time."""


@dataclass(frozen=True, slots=True)
class Closed:
    """Socket number `socket` is gone; `reason` in words."""

    reason: str
    socket: int = 0


@dataclass(frozen=True, slots=True)
class Send:
    """Send `data` to `target` from socket number `socket`."""

    data: bytes
    target: Endpoint
    socket: int = 0


@dataclass(frozen=True, slots=True)
class Open:
    """Open socket number `socket`, connected to `target` where that means something."""

    target: Endpoint
    socket: int = 0


@dataclass(frozen=True, slots=True)
class Close:
    """Close socket number `socket`; `reason` in words."""

    reason: str
    socket: int = 0


@dataclass(frozen=True, slots=True)
class Event:
    """Something worth knowing, with its reason in words; machines subclass it."""

    reason: str


Input: TypeAlias = Received | Tick | Closed
Command: TypeAlias = Send | Open | Close


class Machine(Protocol):
    """Decisions of one protocol."""

    def handle(self, item: Input, now: float) -> Sequence[Command | Event]:
        """Take one input at `now` (seconds of the host's clock, never going back)."""
        ...

    def deadline(self) -> float | None:
        """When a `Tick` is wanted next, None while nothing is pending."""
        ...
