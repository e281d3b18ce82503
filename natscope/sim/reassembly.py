"""Bytes of one direction put in order: what came early waits, what came twice is cut."""

from __future__ import annotations


class Reassembly:
    """At most `bound` bytes wait to be read or to become readable; more is dropped, and sent again later."""

    def __init__(self, bound: int) -> None:
        self._bound = bound
        self._early: dict[int, bytes] = {}
        self._early_bytes = 0
        self._end: int | None = None
        self._readable = bytearray()
        self.expected = 0
        """The number of the next byte; one more once the end has come."""

    @property
    def ready(self) -> int:
        """Bytes that can be read."""
        return len(self._readable)

    @property
    def is_complete(self) -> bool:
        """Everything up to the end has come."""
        return self._end is not None and self.expected > self._end

    @property
    def window(self) -> int:
        """What there is room for."""
        return max(0, self._bound - len(self._readable) - self._early_bytes)

    def add(self, number: int, data: bytes, *, last: bool) -> None:
        """A segment; `last`: the stream ends behind it."""
        if last:
            self._end = number + len(data)
        if data and number + len(data) > self.expected and len(data) <= self.window and number not in self._early:
            self._early[number] = data
            self._early_bytes += len(data)
        self._take_in_order()

    def read(self, limit: int) -> bytes:
        """Take at most so much."""
        data = bytes(self._readable[:limit])
        del self._readable[:limit]
        return data

    def _take_in_order(self) -> None:
        while self._early:
            number = min(self._early)
            if number > self.expected:
                break
            data = self._early.pop(number)
            self._early_bytes -= len(data)
            fresh = data[self.expected - number :]
            self._readable += fresh
            self.expected += len(fresh)
        if self._end == self.expected:
            self.expected += 1
