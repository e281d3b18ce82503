"""Times and counts one HTTP exchange as it passes through its connection."""

from __future__ import annotations

from natscope.host.api import Clock, TlsInfo
from natscope.host.http_api import HttpTimings
from natscope.model.endpoint import Endpoint


class Meter:
    """What happened so far on one connection; `stage` says in words what is being waited for."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._first_write_at: float | None = None
        self._last_read_at: float | None = None
        self._head_s: float | None = None
        self.stage = "starting"
        self.dns_s: float | None = None
        self.connect_s: float | None = None
        self.tls_s: float | None = None
        self.bytes_sent = 0
        self.bytes_received = 0
        self.remote: Endpoint | None = None
        self.tls: TlsInfo | None = None

    def wrote(self, started_at: float, count: int) -> None:
        """`count` bytes were handed to the connection, beginning at `started_at`."""
        if self._first_write_at is None:
            self._first_write_at = started_at
        self.bytes_sent += count
        self.stage = "waiting for the answer"

    def read(self, count: int) -> None:
        """`count` bytes arrived just now."""
        self._last_read_at = self._clock.now()
        self.bytes_received += count

    def layer_added(self) -> None:
        """TLS was put on the connection: the request proper is still to come."""
        self._first_write_at = self._last_read_at = None

    def head_complete(self) -> None:
        """The head of the answer is there; it was complete with the last read."""
        if self._first_write_at is not None and self._last_read_at is not None:
            self._head_s = self._last_read_at - self._first_write_at
        self.stage = "reading the body"

    def timings(self) -> HttpTimings:
        """The durations so far."""
        return HttpTimings(self.dns_s, self.connect_s, self.tls_s, self._head_s)
