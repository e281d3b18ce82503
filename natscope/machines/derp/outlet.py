"""Where frames leave: a connection that takes bytes while it can, and bounded queues while it cannot.

The owner of the socket says `blocked` when the system took less than everything, and `drained` when it takes again.
While a connection is not blocked nothing is queued here: frames go straight into the one joined send of a read. While
it is, at most `PACKETS` packets of each kind wait (disco apart from data, so that neither starves the other) and the
oldest makes room for the newest. Frames of the relay itself (`control`) are never dropped; too many of them end the
connection.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import ClassVar

from natscope.wire.derp.frames import HEADER_BYTES
from natscope.wire.keys import KEY_BYTES

PACKETS = 32
"""As upstream: per client and kind."""
MAX_CONTROL = 16_384
"""More frames of our own than that waiting means that nobody reads: the connection is closed."""
PACKET_HEAD_BYTES = HEADER_BYTES + KEY_BYTES
FORWARD_HEAD_BYTES = HEADER_BYTES + 2 * KEY_BYTES
"""What stands before a packet in a frame to a client, and in one to another relay or process."""


class Outlet:
    """One connection's way out. `source` is for people: the address behind it; `owner` is its owner's business.

    `head_bytes` stand before a packet in the frames that are queued.
    """

    head_bytes: ClassVar[int] = PACKET_HEAD_BYTES

    __slots__ = (
        "_waiting", "blocked_since", "closed", "number", "owner", "packets", "source", "write_limit_s",
    )  # fmt: skip

    def __init__(self, number: int, source: str, *, write_limit_s: float, packets: int = PACKETS) -> None:
        """`write_limit_s` is how long it may stay blocked; 0 is for ever."""
        self.number = number
        self.source = source
        self.write_limit_s = write_limit_s
        self.packets = packets
        self.owner: object = None
        self.blocked_since: float | None = None
        self.closed = False
        self._waiting: _Waiting | None = None

    def queue(self, frame: bytes, is_disco: bool) -> bytes | None:
        """Wait for room; the oldest frame of that kind where it was dropped for this one."""
        waiting = self._queues().disco if is_disco else self._queues().data
        waiting.append(frame)
        return waiting.popleft() if len(waiting) > self.packets else None

    def queue_control(self, frame: bytes) -> bool:
        """Keep a frame of the relay's own; False when there are too many."""
        control = self._queues().control
        control.append(frame)
        return len(control) <= MAX_CONTROL

    def take(self) -> list[bytes]:
        """Everything that waited, control first, disco before data; nothing waits afterwards."""
        taken, self._waiting = self._waiting, None
        return [] if taken is None else [*taken.control, *taken.disco, *taken.data]

    def waiting(self) -> Iterator[tuple[bool, int, int]]:
        """How many packets wait, and their bytes: disco, data."""
        if self._waiting is not None:
            for is_disco, waiting in ((True, self._waiting.disco), (False, self._waiting.data)):
                yield is_disco, len(waiting), sum(map(len, waiting)) - self.head_bytes * len(waiting)

    def _queues(self) -> _Waiting:
        if self._waiting is None:
            self._waiting = _Waiting()
        return self._waiting


class _Waiting:
    """The queues, made when something waits: empty they take 2 KiB, and most clients are idle."""

    __slots__ = ("control", "data", "disco")

    def __init__(self) -> None:
        self.control: deque[bytes] = deque()
        self.disco: deque[bytes] = deque()
        self.data: deque[bytes] = deque()
