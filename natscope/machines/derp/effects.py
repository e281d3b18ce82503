"""What a relay wants done after one input: at most one joined send for each connection, closings, a pause."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from natscope.machines.derp.counters import End
from natscope.machines.derp.outlet import Outlet

if TYPE_CHECKING:
    from natscope.machines.derp.client import Client
    from natscope.machines.derp.connection import Connection


@dataclass(slots=True)
class Effects:
    """`sends` holds pieces to be joined for each connection, in order.

    `closes` are connections to end after their sends. `pause_s` is how long to leave the connection unread that was
    just read (0: not at all). `admit` is a client that waits for a decision.
    `raw` are bytes that leave before `sends`, as they are: HTTP, and WebSocket's own.
    """

    sends: dict[Outlet, list[bytes]] = field(default_factory=dict)
    closes: list[tuple[Outlet, End]] = field(default_factory=list)
    pause_s: float = 0.0
    admit: Client | None = None
    raw: dict[Connection, bytes] = field(default_factory=dict)

    def to(self, outlet: Outlet) -> list[bytes]:
        """The pieces for a connection."""
        pieces = self.sends.get(outlet)
        if pieces is None:
            pieces = self.sends[outlet] = []
        return pieces


class LinkOwner(ABC):
    """Who owns the way to another relay: the `owner` of a `MeshLink`. Both are called in the relay's thread."""

    @abstractmethod
    def write(self, data: bytes) -> None:
        """Send frames; must not wait. What cannot leave is kept by the caller once `Relay.blocked` was told."""

    @abstractmethod
    def end(self) -> None:
        """The link is over: close the connection."""
