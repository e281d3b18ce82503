"""The daemon's stream of notices: one JSON object a line, without end. Source: upstream ipn/backend.go (Notify).

`NoticeReader` takes the stream in any pieces. A line that is longer than `MAX_LINE_BYTES` or is no object is counted
and passed over; the stream goes on behind it.
"""

from __future__ import annotations

from natscope.errors import RemoteError
from natscope.wire.local_api.loose import Tree, decode_json

MAX_LINE_BYTES = 16 << 20


class NoticeReader:
    """`skipped` counts lines that were no notices."""

    def __init__(self, max_line_bytes: int = MAX_LINE_BYTES) -> None:
        """Nothing was read yet."""
        self.skipped = 0
        self._max = max_line_bytes
        self._held = bytearray()
        self._is_passing_over = False

    def feed(self, data: bytes) -> list[Tree]:
        """The notices that are complete now."""
        found: list[Tree] = []
        *lines, rest = data.split(b"\n")
        for line in lines:
            self._take(line)
            self._end(found)
        self._take(rest)
        return found

    def _take(self, piece: bytes) -> None:
        if self._is_passing_over:
            return
        if len(self._held) + len(piece) > self._max:
            self._held.clear()
            self._is_passing_over = True
        else:
            self._held += piece

    def _end(self, found: list[Tree]) -> None:
        line = bytes(self._held)
        self._held.clear()
        if self._is_passing_over:
            self._is_passing_over = False
            self.skipped += 1
        elif line.strip():
            try:
                tree = decode_json(line, "the notice", self._max)
            except RemoteError:
                tree = None
            if isinstance(tree, dict):
                found.append(tree)
            else:
                self.skipped += 1
