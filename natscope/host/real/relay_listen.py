"""The listening sockets of a relay."""

from __future__ import annotations

import socket

from natscope.host.real.sockaddr import family_constant, to_sockaddr
from natscope.model.endpoint import Endpoint

BACKLOG = 1024


def listening_socket(local: Endpoint) -> socket.socket:
    """A non-blocking one on TCP; an IPv6 one takes no IPv4. Raises `OSError`."""
    sock = socket.socket(family_constant(local.family), socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if local.family == 6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind(to_sockaddr(local))
        sock.listen(BACKLOG)
        sock.setblocking(False)
    except OSError:
        sock.close()
        raise
    return sock
