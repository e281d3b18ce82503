"""The bounded reader and writer that every codec uses. Network byte order.

A read past the end raises `RemoteError` with the offset and the name of the field; a value that does not fit its
field raises `LocalError`. Nothing here copies more than it was asked for.
"""

from __future__ import annotations

import struct

from natscope.errors import LocalError, RemoteError

_U16 = struct.Struct("!H")
_U32 = struct.Struct("!I")
_U64 = struct.Struct("!Q")


class Reader:
    """Reads `data[offset:end]` from front to back."""

    __slots__ = ("data", "end", "offset")

    def __init__(self, data: bytes, offset: int = 0, end: int | None = None) -> None:
        self.data = data
        self.offset = offset
        self.end = len(data) if end is None else min(end, len(data))

    @property
    def remaining(self) -> int:
        """Bytes not yet read."""
        return self.end - self.offset

    def u8(self, field: str) -> int:
        """One byte as an unsigned integer."""
        return self.data[self._advance(1, field)]

    def u16(self, field: str) -> int:
        """Two bytes as an unsigned integer."""
        value: int = _U16.unpack_from(self.data, self._advance(2, field))[0]
        return value

    def u32(self, field: str) -> int:
        """Four bytes as an unsigned integer."""
        value: int = _U32.unpack_from(self.data, self._advance(4, field))[0]
        return value

    def u64(self, field: str) -> int:
        """Eight bytes as an unsigned integer."""
        value: int = _U64.unpack_from(self.data, self._advance(8, field))[0]
        return value

    def take(self, count: int, field: str) -> bytes:
        """Exactly `count` bytes."""
        start = self._advance(count, field)
        return bytes(self.data[start : start + count])

    def rest(self) -> bytes:
        """All that is left."""
        return self.take(self.remaining, "rest")

    def skip(self, count: int, field: str) -> None:
        """Pass over exactly `count` bytes."""
        self._advance(count, field)

    def finish(self, field: str) -> None:
        """Insist that everything was read."""
        if self.remaining:
            raise RemoteError(f"{self.remaining} bytes left after {field}", offset=self.offset, field=field)

    def _advance(self, count: int, field: str) -> int:
        start = self.offset
        if count < 0 or count > self.end - start:
            message = f"{field} wants {count} bytes at offset {start}, {self.end - start} are left"
            raise RemoteError(message, offset=start, field=field)
        self.offset = start + count
        return start


class Writer:
    """Collects bytes, at most `limit` of them."""

    __slots__ = ("_buffer", "_limit")

    def __init__(self, limit: int = 65535) -> None:
        self._buffer = bytearray()
        self._limit = limit

    def __len__(self) -> int:
        return len(self._buffer)

    def u8(self, value: int, field: str) -> Writer:
        """One byte."""
        return self._number(value, 1, field)

    def u16(self, value: int, field: str) -> Writer:
        """Two bytes."""
        return self._number(value, 2, field)

    def u32(self, value: int, field: str) -> Writer:
        """Four bytes."""
        return self._number(value, 4, field)

    def u64(self, value: int, field: str) -> Writer:
        """Eight bytes."""
        return self._number(value, 8, field)

    def put(self, data: bytes, field: str, *, length: int | None = None) -> Writer:
        """Bytes as they are; `length` insists on their number."""
        if length is not None and len(data) != length:
            raise LocalError(f"{field} must be {length} bytes, not {len(data)}")
        if len(self._buffer) + len(data) > self._limit:
            raise LocalError(f"{field} does not fit into {self._limit} bytes")
        self._buffer += data
        return self

    def pad(self, multiple: int) -> Writer:
        """Zeros up to the next multiple of `multiple`."""
        return self.put(bytes(-len(self._buffer) % multiple), "padding")

    def finish(self) -> bytes:
        """Everything written."""
        return bytes(self._buffer)

    def _number(self, value: int, width: int, field: str) -> Writer:
        if not 0 <= value < 1 << (8 * width):
            raise LocalError(f"{field} is {value}, which does not fit into {width} bytes")
        return self.put(value.to_bytes(width, "big"), field)
