"""One TCP connection of the relay: HTTP first, then frames, perhaps inside WebSocket messages."""

from __future__ import annotations

from typing import Any

import h11

from natscope.machines.derp.client import Client
from natscope.machines.derp.outlet import Outlet
from natscope.machines.derp.timers import NEVER
from natscope.machines.derp.websocket import WebSocket
from natscope.model.endpoint import Endpoint

MAX_HEAD_BYTES = 16 * 1024


class Connection:
    """`outlet` is where bytes for it leave: its own while it speaks HTTP, the relay's client afterwards.

    `peer` is who is connected, `address` whom it stands for: another one behind a proxy of ours.
    `http` and `request` are gone after the upgrade. `driver` belongs to whoever owns the socket.
    """

    __slots__ = (
        "address",
        "armed",
        "client",
        "deadline",
        "driver",
        "encrypted",
        "http",
        "number",
        "outlet",
        "peer",
        "request",
        "websocket",
    )

    def __init__(
        self, number: int, address: Endpoint, *, encrypted: bool, deadline: float, write_limit_s: float
    ) -> None:
        """Nothing was read yet."""
        self.number = number
        self.address = self.peer = address
        self.encrypted = encrypted
        self.deadline = deadline
        self.armed = NEVER
        self.outlet = Outlet(number, str(address), write_limit_s=write_limit_s)
        self.outlet.owner = self
        self.client: Client | None = None
        self.http: h11.Connection | None = h11.Connection(h11.SERVER, max_incomplete_event_size=MAX_HEAD_BYTES)
        self.request: h11.Request | None = None
        self.websocket: WebSocket | None = None
        self.driver: Any = None

    def become(self, client: Client) -> None:
        """The upgrade is done."""
        self.client = client
        self.outlet = client
        client.owner = self
        self.http = None
        self.request = None

    def ready(self, pieces: list[bytes]) -> bytes:
        """The pieces of one send as the bytes to write."""
        data = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        return data if self.websocket is None else self.websocket.wrap(data)
