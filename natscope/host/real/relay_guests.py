"""What others bring to a relay's loop: a decision about clients, connections to be watched, an ear for faults."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from natscope.machines.derp.client import Client
from natscope.machines.derp.effects import Effects


class Decide(Protocol):
    """Whether a client may use the relay: at once, or later by calling `answer` from any thread (then gives None)."""

    def __call__(self, client: Client, answer: Callable[[bool], None]) -> bool | None:
        """Look at `client.key`, `client.info`, `client.is_mesh`, `client.address`."""
        ...


def everybody(client: Client, answer: Callable[[bool], None]) -> bool | None:
    """No admission control."""
    return True


class Adopted(Protocol):
    """A connection that the loop watches for somebody else: `LinkSocket`."""

    fd: int

    def attached(self, watch: Callable[[int], None]) -> None:
        """`watch` takes the epoll events to wait for, 0 to forget the connection."""
        ...

    def ready(self, now: float) -> Effects:
        """Something happened."""
        ...

    def end(self) -> None:
        """Close."""
        ...


def ignore(error: BaseException) -> None:
    """Nobody listens."""
