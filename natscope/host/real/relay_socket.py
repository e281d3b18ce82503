"""One accepted connection of a relay: a non-blocking socket and what the system did not take yet."""

from __future__ import annotations

import contextlib
import socket
import struct

from natscope.machines.derp.client import Client
from natscope.machines.derp.connection import Connection

READ_BYTES = 64 * 1024
_RESET = struct.pack("ii", 1, 0)


class RelaySocket:
    """A plain connection. `read` and `write` never block and never raise.

    `client` is set once its frames are all that comes. `mask` is what the system is asked about. `is_over`: what was
    read is the last.
    """

    __slots__ = ("client", "connection", "fd", "is_ending", "is_open", "is_over", "mask", "sock", "unsent")

    def __init__(self, sock: socket.socket, connection: Connection) -> None:
        """Take an accepted socket over. Raises `OSError`."""
        sock.setblocking(False)
        self.sock = sock
        self.fd = sock.fileno()
        self.connection = connection
        self.client: Client | None = None
        self.unsent = b""
        self.is_open = True
        self.is_over = False
        self.is_ending = False
        self.mask = 1

    def read(self) -> bytes | None:
        """Bytes, empty at the end or after an error, None for not now."""
        try:
            return self.sock.recv(READ_BYTES)
        except BlockingIOError:
            return None
        except OSError:
            return b""

    def write(self, data: bytes) -> bool:
        """Send what waited and `data` behind it, as far as the system takes it; False when the connection is gone."""
        if self.unsent:
            data = self.unsent + data
        try:
            sent = self.sock.send(data)
        except BlockingIOError:
            sent = 0
        except OSError:
            self.unsent = b""
            return False
        self.unsent = data[sent:]
        return True

    def forget(self) -> None:
        """What waits is void, also what the system holds for somebody who does not read: megabytes, for minutes."""
        self.unsent = b""
        with contextlib.suppress(OSError):
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)

    def close(self) -> None:
        """Close at once; what was not sent is lost."""
        self.is_open = False
        with contextlib.suppress(OSError):
            self.sock.close()
