"""The asyncio protocol beneath a stream: a bounded read buffer and waiting writers.

Own code instead of `asyncio.StreamReader`: that one cannot change from plain to TLS without a stale transport on
Python 3.11 (fixed in 3.12), and its limits raise errors of their own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

PAUSE_BYTES = 256 * 1024
"""Above this much unread data the transport stops reading."""
CLOSE_S = 1.0
"""How long `close` waits for written data to leave."""


class Connection(asyncio.Protocol):
    """Collects what arrives; `read` and `write` raise the connection's `OSError` once it is lost."""

    transport: asyncio.Transport

    def __init__(self, on_connected: Callable[[Connection], None] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        self._on_connected = on_connected
        self._buffer = bytearray()
        self._eof = False
        self._lost = False
        self._error: OSError | None = None
        self._paused_reading = False
        self._writable = asyncio.Event()
        self._writable.set()
        self._changed = asyncio.Event()
        self._gone = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The transport is there."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        if self._on_connected is not None:
            self._on_connected(self)

    def replace_transport(self, transport: asyncio.Transport) -> None:
        """From now on bytes go through TLS."""
        self.transport = transport
        self._paused_reading = False

    @property
    def has_unread(self) -> bool:
        """Whether bytes wait that nobody has read."""
        return bool(self._buffer)

    def data_received(self, data: bytes) -> None:
        """Keep it; stop reading when much waits."""
        self._buffer += data
        if len(self._buffer) > PAUSE_BYTES and not self._paused_reading:
            self._paused_reading = True
            self.transport.pause_reading()
        self._changed.set()

    def eof_received(self) -> bool:
        """The peer has finished sending; a plain connection stays open for our half."""
        self._eof = True
        self._changed.set()
        return self.transport.get_extra_info("ssl_object") is None

    def connection_lost(self, exc: Exception | None) -> None:
        """Wake everybody."""
        self._lost = True
        if isinstance(exc, OSError):
            self._error = exc
        self._writable.set()
        self._changed.set()
        self._gone.set()

    def pause_writing(self) -> None:
        """The peer is slow."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """The peer has caught up."""
        self._writable.set()

    async def read(self, limit: int) -> bytes:
        """At least one byte, empty at the end of the stream; raises `OSError`."""
        while not self._buffer:
            if self._error is not None:
                raise self._error
            if self._eof or self._lost:
                return b""
            self._changed.clear()
            await self._changed.wait()
        data = bytes(self._buffer[:limit])
        del self._buffer[:limit]
        if self._paused_reading and len(self._buffer) <= PAUSE_BYTES // 2 and not self._lost:
            self._paused_reading = False
            self.transport.resume_reading()
        return data

    async def write(self, data: bytes) -> None:
        """Hand all of it to the transport and wait until it has room; raises `OSError`."""
        self._raise_if_lost()
        self.transport.write(data)
        await self._writable.wait()
        self._raise_if_lost()

    def _raise_if_lost(self) -> None:
        if self._error is not None:
            raise self._error
        if self._lost or self.transport.is_closing():
            raise BrokenPipeError(32, "closed")

    async def close(self) -> None:
        """Send what waits, for at most `CLOSE_S`, then close; the peer's own close is not waited for."""
        if self._lost:
            return
        if not self.transport.is_closing():  # asyncio's TLS transports break when closed twice
            self.transport.close()
        try:
            if self.transport.get_write_buffer_size():
                async with asyncio.timeout(CLOSE_S):
                    await self._gone.wait()
        except TimeoutError:
            pass
        finally:
            self.abort()

    def abort(self) -> None:
        """Drop the connection."""
        if not self._lost:
            self.transport.abort()
            self._lost = True
            self._writable.set()
            self._changed.set()
