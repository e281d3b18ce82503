"""The listening sockets of a relay that several processes serve: connections are accepted here and handed on.

One process accepts, so that the limit of connections in a second is one limit, and so that no queue of the system
belongs to a process that may die.
"""

from __future__ import annotations

import socket
from collections.abc import Callable

from natscope.host.real.failures import host_error
from natscope.host.real.reactor import Reactor
from natscope.host.real.relay_accept import Acceptor
from natscope.host.real.relay_listen import TcpTimes, listening_socket
from natscope.host.real.sockaddr import from_sockaddr
from natscope.machines.derp.accept_limit import AcceptLimit
from natscope.model.endpoint import Endpoint


class Doors:
    """`give` takes a connection and whether it is to be encrypted, and says whether anybody took it."""

    def __init__(
        self,
        reactor: Reactor,
        limit: AcceptLimit,
        now: Callable[[], float],
        give: Callable[[socket.socket, bool], bool],
    ) -> None:
        """Nothing listens yet, and nobody is let in before `open`."""
        self.limit = limit
        self.limited = 0
        self.refused = 0
        """Those whom nobody took."""
        self._reactor = reactor
        self._now = now
        self._give = give
        self._acceptor = Acceptor()
        self._sockets: list[tuple[socket.socket, bool]] = []
        self._is_open = False

    @property
    def failures(self) -> int:
        """How often the system gave no connection."""
        return self._acceptor.failures

    def listen(self, local: Endpoint, times: TcpTimes, *, encrypted: bool) -> Endpoint:
        """Bind; gives the bound endpoint. Raises `HostError`."""
        try:
            sock = listening_socket(local, times)
        except OSError as error:
            raise host_error(error, f"cannot listen on TCP {local}") from error
        self._sockets.append((sock, encrypted))
        return from_sockaddr(sock.getsockname())

    def open(self, is_open: bool) -> None:
        """Whether to accept; meanwhile those who come wait in the system's queue."""
        if is_open == self._is_open:
            return
        self._is_open = is_open
        for sock, encrypted in self._sockets:
            if is_open:
                self._reactor.watch(sock.fileno(), lambda sock=sock, encrypted=encrypted: self._accept(sock, encrypted))  # type: ignore[misc]
            else:
                self._reactor.forget(sock.fileno())

    def close(self) -> None:
        """Listen no more."""
        self.open(False)
        for sock, _ in self._sockets:
            sock.close()
        self._sockets = []
        self._acceptor.close()

    def _accept(self, listener: socket.socket, encrypted: bool) -> None:
        for sock, _ in self._acceptor.accept(listener):
            if not self.limit.allow(self._now()):
                self.limited += 1
            elif not self._give(sock, encrypted):
                self.refused += 1
            sock.close()
