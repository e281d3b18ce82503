"""A private way between two processes of this program: whole messages, each perhaps with one open socket (Unix)."""

from __future__ import annotations

import array
import contextlib
import os
import socket

Socket = socket.socket
MAX_MESSAGE_BYTES = 1 << 17
_BUFFER_BYTES = 1 << 21


class Channel:
    """One end. Nothing blocks but `wait`."""

    def __init__(self, sock: socket.socket) -> None:
        """Takes the socket over."""
        sock.setblocking(False)
        self._sock = sock

    @classmethod
    def pair(cls) -> tuple[Channel, socket.socket]:
        """This process' end, and the other one for a process that is to be started. Raises `OSError`."""
        here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        for end in (here, there):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER_BYTES)
        return cls(here), there

    @classmethod
    def inherited(cls, fd: int) -> Channel:
        """The end that this process was started with. Raises `OSError`."""
        os.set_inheritable(fd, False)
        return cls(socket.socket(fileno=fd))

    def fileno(self) -> int:
        """For a loop."""
        return self._sock.fileno()

    def send(self, message: bytes, attached: socket.socket | None = None) -> bool:
        """Whether it left: not where the other side is gone, or has not taken what was sent before."""
        more = []
        if attached is not None:
            more.append((socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [attached.fileno()]).tobytes()))
        try:
            self._sock.sendmsg([message], more, socket.MSG_NOSIGNAL)
        except OSError:
            return False
        return True

    def receive(self) -> tuple[bytes, socket.socket | None] | None:
        """The next message; None when there is none now, empty at the end."""
        try:
            message, more, _, _ = self._sock.recvmsg(
                MAX_MESSAGE_BYTES, socket.CMSG_LEN(array.array("i").itemsize), socket.MSG_CMSG_CLOEXEC
            )
        except BlockingIOError:
            return None
        except OSError:
            return b"", None
        fds = array.array("i")
        for level, kind, data in more:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                fds.frombytes(data[: len(data) - len(data) % fds.itemsize])
        return message, socket.socket(fileno=fds[0]) if fds else None

    def wait(self, seconds: float) -> bytes:
        """The next message, empty when none comes in that time."""
        self._sock.settimeout(seconds)
        try:
            return self._sock.recv(MAX_MESSAGE_BYTES)
        except OSError:
            return b""
        finally:
            self._sock.setblocking(False)

    def close(self) -> None:
        """The other side reads the end."""
        with contextlib.suppress(OSError):
            self._sock.close()


def stream_pair() -> tuple[socket.socket, socket.socket]:
    """A stream between two other processes, for whom the ends are. Raises `OSError`."""
    one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    for end in (one, other):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER_BYTES)
        end.setblocking(False)
    return one, other
