"""Finds loopback addresses and port numbers that are free in both families, and ports that swallow or refuse."""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import socket
import sys

from natscope.model.endpoint import IPAddress

_TRIES = 50
_IPV6 = ipaddress.IPv6Address("::1")


def region_address(index: int) -> IPAddress:
    """An IPv4 loopback address of a region's own (Linux: all of 127/8 is there); elsewhere all share 127.0.0.1."""
    if sys.platform != "linux":
        return ipaddress.IPv4Address("127.0.0.1")
    return ipaddress.IPv4Address(f"127.{77 + index // 250}.{index % 250 + 1}.1")


def has_ipv6() -> bool:
    """Whether ::1 can be bound."""
    try:
        with _bound(socket.SOCK_DGRAM, _IPV6, 0):
            return True
    except OSError:
        return False


def bind_pair(kind: socket.SocketKind, ipv4: IPAddress, *, ipv6: bool) -> list[socket.socket]:
    """Sockets on `ipv4` and (if asked) ::1 with the same port number. Raises `OSError` when none can be found."""
    for _ in range(_TRIES):
        sockets: list[socket.socket] = []
        try:
            sockets.append(_bound(kind, _IPV6 if ipv6 else ipv4, 0))
            if ipv6:
                sockets.append(_bound(kind, ipv4, sockets[0].getsockname()[1]))
        except OSError as error:
            for sock in sockets:
                sock.close()
            if error.errno != errno.EADDRINUSE:
                raise
            continue
        return sockets
    raise OSError(errno.EADDRINUSE, "no port number is free in both families")


def _bound(kind: socket.SocketKind, ip: IPAddress, port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET if ip.version == 4 else socket.AF_INET6, kind)
    try:
        if ip.version == 6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind((str(ip), port))
    except OSError:
        sock.close()
        raise
    sock.setblocking(False)
    return sock


class BlackHole:
    """A TCP port on which connections never come up: its queue is filled once and never emptied.

    Linux then drops every further SYN (tcp_abort_on_overflow is off by default).
    """

    def __init__(self, listener: socket.socket) -> None:
        self._sockets = [listener]
        listener.listen(0)
        for _ in range(2):
            filler = socket.socket(listener.family, socket.SOCK_STREAM)
            filler.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                filler.connect(listener.getsockname())
            self._sockets.append(filler)

    def close(self) -> None:
        """Free the port."""
        for sock in self._sockets:
            sock.close()
