"""Cuts a stream of bytes into DERP frames, with bounded memory."""

from __future__ import annotations

from collections.abc import Iterator

from natscope.errors import RemoteError
from natscope.wire.derp.frames import HEADER, HEADER_BYTES, MAX_FRAME_BYTES


class FrameReader:
    """Cuts a stream of bytes into frames; at most one frame beyond `limit` is ever held.

    `limit` is the longest payload taken; a longer one raises `RemoteError` at its header, before its bytes are kept.
    """

    def __init__(self, limit: int = MAX_FRAME_BYTES) -> None:
        self.limit = limit
        self._held = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Types and payloads that are complete now; whatever is not consumed is lost. Raises `RemoteError`."""
        held = self._held
        held += data
        offset = 0
        try:
            while len(held) - offset >= HEADER_BYTES:
                kind, length = HEADER.unpack_from(held, offset)
                if length > self.limit:
                    raise RemoteError(f"a frame of {length} bytes, {self.limit} are allowed", field="length")
                if len(held) - offset < HEADER_BYTES + length:
                    return
                start = offset + HEADER_BYTES
                offset = start + length
                yield kind, bytes(held[start:offset])
        finally:
            del held[:offset]

    @property
    def held(self) -> int:
        """Bytes of an incomplete frame."""
        return len(self._held)
