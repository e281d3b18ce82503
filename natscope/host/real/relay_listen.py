"""The listening sockets of a relay."""

from __future__ import annotations

import socket
from dataclasses import dataclass

from natscope.host.real.sockaddr import family_constant, to_sockaddr
from natscope.model.endpoint import Endpoint

BACKLOG = 1024
MAX_IDLE_S = 32_767
"""The system's limit."""


@dataclass(frozen=True, slots=True)
class TcpTimes:
    """Seconds: idle until TCP asks whether the other side is there, unanswered until it gives up (0: the system's).

    Defaults are upstream's: a dead client is noticed by TCP itself.
    """

    keepalive_s: float = 600.0
    user_timeout_s: float = 15.0


def listening_socket(local: Endpoint, times: TcpTimes) -> socket.socket:
    """A non-blocking one on TCP; an IPv6 one takes no IPv4. What it accepts inherits its options. Raises `OSError`."""
    sock = socket.socket(family_constant(local.family), socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if local.family == 6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, min(MAX_IDLE_S, max(1, round(times.keepalive_s))))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, round(1000 * times.user_timeout_s))
        sock.bind(to_sockaddr(local))
        sock.listen(BACKLOG)
        sock.setblocking(False)
    except OSError:
        sock.close()
        raise
    return sock
