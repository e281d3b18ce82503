"""Maps the operating system's errors to `HostError`, by one table, in sentences without errno numbers."""

from __future__ import annotations

import errno

from natscope.host.api import Failure, HostError

_BY_ERRNO: dict[int, tuple[Failure, str]] = {
    errno.ETIMEDOUT: (Failure.TIMEOUT, "no answer in time"),
    errno.ECONNREFUSED: (Failure.REFUSED, "the other side refuses: nothing listens on that port"),
    errno.ECONNRESET: (Failure.RESET, "the connection was reset"),
    errno.ECONNABORTED: (Failure.RESET, "the connection was aborted"),
    errno.EPIPE: (Failure.RESET, "the other side has closed the connection"),
    errno.ENETUNREACH: (Failure.UNREACHABLE_NET, "there is no route to that network"),
    errno.ENETDOWN: (Failure.UNREACHABLE_NET, "the network is down"),
    errno.EHOSTUNREACH: (Failure.UNREACHABLE_HOST, "the host cannot be reached"),
    errno.EHOSTDOWN: (Failure.UNREACHABLE_HOST, "the host is down"),
    errno.ENOPROTOOPT: (Failure.UNREACHABLE_HOST, "the host does not know that protocol"),
    errno.EPERM: (Failure.PERMISSION, "not permitted: a local firewall rule or a missing privilege"),
    errno.EACCES: (Failure.PERMISSION, "not permitted: a local firewall rule or a missing privilege"),
    errno.EADDRINUSE: (Failure.ADDRESS_IN_USE, "the address and port are in use by another program"),
    errno.EADDRNOTAVAIL: (Failure.ADDRESS_NOT_AVAILABLE, "this computer does not have that address"),
    errno.ENODEV: (Failure.ADDRESS_NOT_AVAILABLE, "there is no interface of that name"),
    errno.ENXIO: (Failure.ADDRESS_NOT_AVAILABLE, "there is no interface of that name"),
    errno.EAFNOSUPPORT: (Failure.FAMILY_NOT_SUPPORTED, "this system does not support that address family"),
    errno.EPFNOSUPPORT: (Failure.FAMILY_NOT_SUPPORTED, "this system does not support that address family"),
    errno.EMSGSIZE: (Failure.MESSAGE_TOO_LONG, "the message is too long for the path"),
    errno.EBADF: (Failure.CLOSED, "the socket is closed"),
    errno.ENOTCONN: (Failure.CLOSED, "the connection is closed"),
    errno.EOPNOTSUPP: (Failure.NOT_SUPPORTED, "this system does not support that"),
    errno.EPROTONOSUPPORT: (Failure.NOT_SUPPORTED, "this system does not support that protocol"),
    errno.ENOENT: (Failure.REFUSED, "there is no such socket"),
    errno.EAGAIN: (Failure.OTHER, "the system's send queue is full"),
    errno.ENOBUFS: (Failure.OTHER, "the system's send queue is full"),
    errno.ENOMEM: (Failure.OTHER, "the system is out of memory"),
    errno.EMFILE: (Failure.OTHER, "this program has too many open files"),
    errno.ENFILE: (Failure.OTHER, "the system has too many open files"),
    errno.EINVAL: (Failure.OTHER, "the system does not accept these addresses"),
}


_ERRNO_BY_CLASS: dict[type[OSError], int] = {
    ConnectionResetError: errno.ECONNRESET,
    ConnectionAbortedError: errno.ECONNABORTED,
    ConnectionRefusedError: errno.ECONNREFUSED,
    BrokenPipeError: errno.EPIPE,
}
"""asyncio raises some of these without a number."""


def failure_of(number: int) -> Failure:
    """The failure an errno stands for."""
    return _BY_ERRNO.get(number, (Failure.OTHER, ""))[0]


def host_error(error: OSError, doing: str) -> HostError:
    """`error` as a `HostError` whose sentence begins with `doing` (no final stop)."""
    if isinstance(error, TimeoutError):
        return HostError(Failure.TIMEOUT, f"{doing}: no answer in time")
    number = error.errno or _ERRNO_BY_CLASS.get(type(error), 0)
    failure, words = _BY_ERRNO.get(number, (Failure.OTHER, ""))
    if not words:
        words = error.strerror or type(error).__name__
    return HostError(failure, f"{doing}: {words}")


def timed_out(doing: str, seconds: float) -> HostError:
    """Our own limit was reached."""
    return HostError(Failure.TIMEOUT, f"{doing}: no answer within {seconds:g} s")
