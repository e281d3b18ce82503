"""One accepted connection of a relay: a non-blocking socket, plain or TLS, and what the system did not take yet."""

from __future__ import annotations

import contextlib
import enum
import socket
import ssl

from natscope.machines.derp.connection import Connection

READ_BYTES = 64 * 1024
KEEP_IDLE_S, USER_TIMEOUT_MS = 600, 15_000
"""As upstream: a dead client is noticed by TCP itself."""


class Want(enum.Enum):
    """What TLS waits for before it can go on."""

    NOTHING = "nothing"
    WRITE = "write"


class RelaySocket:
    """`read` and `write` never block and never raise. `mask` is what the loop asks the system about."""

    __slots__ = ("_handshaking", "_tls", "connection", "fd", "is_ending", "mask", "sock", "unsent", "want")

    def __init__(self, sock: socket.socket, context: ssl.SSLContext | None, connection: Connection) -> None:
        """Take an accepted socket over. Raises `OSError`."""
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, KEEP_IDLE_S)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, USER_TIMEOUT_MS)
        self._tls: ssl.SSLSocket | None = None
        if context is not None:
            self._tls = context.wrap_socket(
                sock, server_side=True, do_handshake_on_connect=False, suppress_ragged_eofs=True
            )
        self.sock: socket.socket = self._tls or sock
        self.fd = self.sock.fileno()
        self.connection = connection
        self.unsent = b""
        self.want = Want.NOTHING
        self.is_ending = False
        self.mask = 1
        self._handshaking = context is not None

    def read(self) -> bytes | None:
        """Bytes, empty at the end or after an error, None for not now."""
        self.want = Want.NOTHING
        try:
            if self._handshaking:
                assert self._tls is not None
                self._tls.do_handshake()
                self._handshaking = False
            data = self.sock.recv(READ_BYTES)
            if self._tls is not None and data and self._tls.pending():
                data += self.sock.recv(READ_BYTES)
        except (ssl.SSLWantReadError, BlockingIOError):
            return None
        except ssl.SSLWantWriteError:
            self.want = Want.WRITE
            return None
        except OSError:  # ssl.SSLError is one
            return b""
        return data

    def write(self, data: bytes) -> bool:
        """Send what waited and `data` behind it, as far as the system takes it; False when the connection is gone."""
        if self.unsent:
            data = self.unsent + data
        if not data:
            return True
        if self._handshaking:
            self.unsent = data
            return True
        sent = 0
        try:
            sent = self.sock.send(data)
            if sent < len(data) and self._tls is not None:  # a record at a time
                view = memoryview(data)
                while sent < len(data):
                    sent += self.sock.send(view[sent:])
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError, BlockingIOError):
            pass  # a retry begins with the same bytes, as OpenSSL wants it
        except OSError:
            return False
        self.unsent = data[sent:]
        return True

    def close(self) -> None:
        """Close at once; what was not sent is lost."""
        with contextlib.suppress(OSError):
            self.sock.close()
