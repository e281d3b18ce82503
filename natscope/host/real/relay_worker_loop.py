"""The relay's loop in a process beside others: connections are handed to it, streams lead to the other processes."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable

from natscope.host.real.relay_link import PeerSocket
from natscope.host.real.relay_loop import RelayLoop
from natscope.host.real.sockaddr import from_sockaddr
from natscope.machines.derp import siblings
from natscope.machines.derp.effects import Effects
from natscope.machines.derp.relay import Relay
from natscope.machines.derp.siblings import Sibling


class WorkerLoop(RelayLoop):
    """It listens nowhere."""

    _context: ssl.SSLContext | None = None

    def replace_context(self, context: ssl.SSLContext) -> None:
        """New connections get this certificate."""
        self._context = context

    def take(self, sock: socket.socket, *, encrypted: bool) -> None:
        """A connection that another process has accepted; in the relay's thread."""
        try:
            address = from_sockaddr(sock.getpeername())
        except OSError:  # gone already
            sock.close()
            return
        self._open(sock, address, self._context if encrypted else None)


class SiblingSocket(PeerSocket):
    """The stream to another process; `ended` is called once, in the relay's thread."""

    def __init__(self, sock: socket.socket, relay: Relay, sibling: Sibling, ended: Callable[[], None]) -> None:
        """Nothing is read before it is adopted by a loop."""
        super().__init__(sock, relay, sibling, ended)
        self._sibling = sibling

    def _received(self, data: bytes, now: float, effects: Effects) -> None:
        siblings.take(self._relay, self._sibling, data, now, effects)
