"""A relay's connection over TLS: OpenSSL works in memory, the socket is read and written as a plain one is.

OpenSSL on a socket of its own reads each record with two system calls, and small records are what relay clients send.
Here a whole read goes into memory at once, and all records of it are opened. One pair of memory buffers serves all
connections of a loop: a turn of a connection begins and ends with both empty, since OpenSSL keeps a record that is not
complete to itself. An idle connection therefore costs no buffer.
"""

from __future__ import annotations

import contextlib
import socket
import ssl

from natscope.host.real.relay_socket import READ_BYTES, RelaySocket
from natscope.machines.derp.connection import Connection

RECORD_BYTES = 16 * 1024
"""The most that one record carries: a read of that many bytes gives all of it."""


class TlsBuffers:
    """Between OpenSSL and a socket; both are empty whenever another connection has its turn."""

    __slots__ = ("incoming", "outgoing")

    def __init__(self) -> None:
        """Empty."""
        self.incoming = ssl.MemoryBIO()
        self.outgoing = ssl.MemoryBIO()


class TlsRelaySocket(RelaySocket):
    """`unsent` is encrypted already."""

    __slots__ = ("_buffers", "_handshaking", "_tls")

    def __init__(
        self, sock: socket.socket, connection: Connection, context: ssl.SSLContext, buffers: TlsBuffers
    ) -> None:
        """Take an accepted socket over; the handshake goes on with each read. Raises `OSError`."""
        super().__init__(sock, connection)
        self._buffers = buffers
        self._tls = context.wrap_bio(buffers.incoming, buffers.outgoing, server_side=True)
        self._handshaking = True

    def read(self) -> bytes | None:
        """Bytes of all records that are complete, empty at the end or after an error, None for not now."""
        if self.is_over:
            return b""
        try:
            encrypted = self.sock.recv(READ_BYTES)
        except BlockingIOError:
            return None
        except OSError:
            return b""
        if not encrypted:
            return b""
        incoming = self._buffers.incoming
        incoming.write(encrypted)
        pieces = []
        try:
            if self._handshaking:
                self._tls.do_handshake()
                self._handshaking = False
            read = self._tls.read
            while incoming.pending:
                piece = read(RECORD_BYTES)
                if not piece:  # the client said that it is done
                    self.is_over = True
                    self._tls.unwrap()
                    break
                pieces.append(piece)
        except ssl.SSLWantReadError:
            pass  # the rest of a record is to come
        except ssl.SSLError:  # not TLS, or a wrong record
            self.is_over = True
        if self._buffers.outgoing.pending or incoming.pending:
            self._clear()
        if len(pieces) == 1:
            return pieces[0]
        return b"".join(pieces) if pieces or self.is_over else None

    def write(self, data: bytes) -> bool:
        """Encrypt and send; False when the connection is gone."""
        try:
            if data:
                written, total = self._tls.write(data), len(data)
                if written < total:  # a record at a time
                    view = memoryview(data)
                    while written < total:
                        written += self._tls.write(view[written:])
        except ssl.SSLError:
            self._clear()
            return False
        return RelaySocket.write(self, self._buffers.outgoing.read())

    def close(self) -> None:
        """Say so to the client, as far as that goes without waiting, and close."""
        if self.is_open and not (self._handshaking or self.is_over or self.unsent):
            with contextlib.suppress(ssl.SSLError):
                self._tls.unwrap()  # wants the client's word in return: not waited for
            self._clear()
        super().close()

    def _clear(self) -> None:
        """Nothing of this connection stays in the shared buffers: what is to leave leaves, the rest is void."""
        if self._buffers.incoming.pending:
            self._buffers.incoming.read()
            self.is_over = True
        if self._buffers.outgoing.pending and not super().write(self._buffers.outgoing.read()):
            self.is_over = True
