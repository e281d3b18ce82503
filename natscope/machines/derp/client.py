"""A client's connection to the relay."""

from __future__ import annotations

import enum

from natscope.machines.derp.outlet import PACKETS, Outlet
from natscope.machines.derp.timers import NEVER
from natscope.model.endpoint import Endpoint
from natscope.wire.derp.hello import ClientInfo

WRITE_LIMIT_S, MESH_WRITE_LIMIT_S = 2.0, 30.0


class State(enum.Enum):
    """How far the greeting is."""

    GREETING = "greeting"
    """ServerKey is sent, ClientInfo is awaited."""
    ADMISSION = "admission"
    """ClientInfo is read, somebody decides whether this client is allowed; what it sends meanwhile is kept."""
    OPEN = "open"
    CLOSED = "closed"


class Client(Outlet):
    """`key` is the client's node key, empty before its greeting; `address` where it came from.

    `held` are bytes of an incomplete frame that `needs` so many. `prefixes` caches the heads of frames that carry its
    packets: type, length and its key. `heard_from` are keys whose packets were delivered here, so that it can be told
    when they go.
    """

    __slots__ = (
        "address", "armed", "connected_at", "deadline", "gone_at", "gone_tokens", "has_twins", "heard_from", "held",
        "home", "info", "is_ideal", "is_mesh", "is_watching", "keep_alive_s", "key", "needs", "pong_waits", "prefixes",
        "silent", "state", "tokens", "tokens_at",
    )  # fmt: skip

    def __init__(
        self, number: int, address: Endpoint, now: float, *, keep_alive_s: float, greeting_s: float,
        is_ideal: bool = True, packets: int = PACKETS,
    ) -> None:  # fmt: skip
        """A connection whose HTTP upgrade is done."""
        super().__init__(number, str(address), write_limit_s=WRITE_LIMIT_S, packets=packets)
        self.address = address
        self.connected_at = now
        self.deadline = now + greeting_s
        self.armed = NEVER
        self.keep_alive_s = keep_alive_s
        self.is_ideal = is_ideal
        self.state = State.GREETING
        self.key = b""
        self.info = ClientInfo()
        self.held = bytearray()
        self.needs = 0
        self.prefixes: dict[int, bytes] = {}
        self.heard_from: dict[bytes, None] = {}
        self.home = False
        self.has_twins = False
        self.is_mesh = False
        self.is_watching = False
        self.pong_waits = False
        self.silent = 0
        """Keep-alives in a row that were sent to one who said nothing."""
        self.gone_tokens, self.gone_at = 3.0, now
        self.tokens, self.tokens_at = 0.0, now

    def __repr__(self) -> str:
        """For debugging."""
        return f"Client({self.number}, {self.key[:4].hex()}, {self.state.value})"
