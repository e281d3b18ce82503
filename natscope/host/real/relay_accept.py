"""Accepting a relay's connections, and what is done when the process has no descriptor left for who comes."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
from collections.abc import Iterator

from natscope.host.real.sockaddr import from_sockaddr
from natscope.model.endpoint import Endpoint

ACCEPTS_PER_TURN = 64
_FULL = (errno.EMFILE, errno.ENFILE)


class Acceptor:
    """Keeps one descriptor in reserve: with it, connections that cannot be served are accepted and closed.

    Otherwise they would stay in the system's queue, and the loop would be told of them again and again.
    """

    def __init__(self) -> None:
        """The reserve is taken at once."""
        self.failures = 0
        self._reserve = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)

    def accept(self, listener: socket.socket) -> Iterator[tuple[socket.socket, Endpoint]]:
        """Some of those who wait."""
        for _ in range(ACCEPTS_PER_TURN):
            try:
                sock, name = listener.accept()
            except BlockingIOError:
                return
            except OSError as error:  # gone already, or out of descriptors
                self.failures += 1
                if error.errno in _FULL and not self._turn_away(listener):
                    return
                continue
            yield sock, from_sockaddr(name)

    def close(self) -> None:
        """Give the reserve back."""
        if self._reserve >= 0:
            os.close(self._reserve)
            self._reserve = -1

    def _turn_away(self, listener: socket.socket) -> bool:
        """Whether somebody waited: the system says that it is full also where nobody does."""
        self.close()
        found = False
        with contextlib.suppress(OSError):
            listener.accept()[0].close()
            found = True
        with contextlib.suppress(OSError):
            self._reserve = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        return found
