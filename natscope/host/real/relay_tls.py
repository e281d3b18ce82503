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
from typing import Any

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

    __slots__ = ("_buffers", "_handshaking", "_object", "_tls")

    def __init__(
        self, sock: socket.socket, connection: Connection, context: ssl.SSLContext, buffers: TlsBuffers
    ) -> None:
        """Take an accepted socket over; the handshake goes on with each read. Raises `OSError`."""
        super().__init__(sock, connection)
        self._buffers = buffers
        self._tls = context.wrap_bio(buffers.incoming, buffers.outgoing, server_side=True)
        self._object: Any = getattr(self._tls, "_sslobj", self._tls)  # C's own, where Python has it: a call less
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
        if self._handshaking:
            self._shake_hands()
        pieces: list[bytes] = []
        try:
            while incoming.pending:
                piece = self._object.read(RECORD_BYTES)
                if not piece:  # the client said that it is done
                    self.is_over = True
                    self._tls.unwrap()
                    break
                pieces.append(piece)
        except ssl.SSLWantReadError:
            pass  # the rest of a record is to come
        except ssl.SSLError:  # a wrong record
            self.is_over = True
        if self.is_over or self._buffers.outgoing.pending:
            self._clear()
        if len(pieces) == 1:
            return pieces[0]
        return b"".join(pieces) if pieces or self.is_over else None

    def write(self, data: bytes) -> bool:
        """Encrypt and send; False when the connection is gone."""
        if data:
            try:
                written = self._object.write(data)
                if written < len(data):  # a record at a time
                    view = memoryview(data)
                    while written < len(data):
                        written += self._object.write(view[written:])
            except ssl.SSLError:
                self._clear()
                return False
        encrypted = self._buffers.outgoing.read()
        if self.unsent:
            encrypted = self.unsent + encrypted
        try:
            sent = self.sock.send(encrypted)
        except BlockingIOError:
            sent = 0
        except OSError:
            self.unsent = b""
            return False
        self.unsent = encrypted[sent:]
        return True

    def close(self) -> None:
        """Say so to the client, as far as that goes without waiting, and close."""
        if self.is_open and not (self._handshaking or self.is_over or self.unsent):
            with contextlib.suppress(ssl.SSLError):
                self._tls.unwrap()  # wants the client's word in return: not waited for
            self._clear()
        super().close()

    def _shake_hands(self) -> None:
        """Go on with the handshake."""
        try:
            self._tls.do_handshake()
            self._handshaking = False
        except ssl.SSLWantReadError:  # its next message is to come
            pass
        except ssl.SSLError:  # not TLS, or nothing in common
            self.is_over = True
        if self._handshaking:
            self._clear()
        else:
            self._send_outgoing()

    def _clear(self) -> None:
        """Nothing of this connection stays in the shared buffers: what is to leave leaves, the rest is void."""
        if self._buffers.incoming.pending:
            self._buffers.incoming.read()
            self.is_over = True
        self._send_outgoing()

    def _send_outgoing(self) -> None:
        if self._buffers.outgoing.pending and not self.write(b""):
            self.is_over = True
