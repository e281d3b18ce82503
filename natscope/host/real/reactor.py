"""A small loop for a process that watches over others: sockets, times, and acts of other threads."""

from __future__ import annotations

import contextlib
import heapq
import os
import select
import time
from collections import deque
from collections.abc import Callable

from natscope.host.real.udp_server import LONGEST_WAIT_S, StopPipe


class Reactor:
    """One thread calls `turn`; `post` and `stop` may be called from any, and from signal handlers."""

    def __init__(self, failed: Callable[[BaseException], None]) -> None:
        """`failed` hears of exceptions; each costs the call that it happened in."""
        self._failed = failed
        self._epoll = select.epoll()
        self._pipe = StopPipe()
        self._ready: dict[int, Callable[[], None]] = {}
        self._times: list[tuple[float, int, Callable[[], None]]] = []
        self._posted: deque[Callable[[], None]] = deque()
        self._numbers = 0
        self.is_stopped = False
        self._epoll.register(self._pipe.fileno(), select.EPOLLIN)

    def watch(self, fd: int, ready: Callable[[], None]) -> None:
        """Call `ready` whenever there is something to read."""
        self._ready[fd] = ready
        self._epoll.register(fd, select.EPOLLIN)

    def forget(self, fd: int) -> None:
        """Watch it no more; before it is closed."""
        if self._ready.pop(fd, None) is not None:
            with contextlib.suppress(OSError):
                self._epoll.unregister(fd)

    def later(self, seconds: float, act: Callable[[], None]) -> None:
        """Call `act` once, then; in the reactor's thread."""
        self._numbers += 1
        heapq.heappush(self._times, (time.monotonic() + seconds, self._numbers, act))

    def post(self, act: Callable[[], None]) -> None:
        """Call `act` soon, in the reactor's thread."""
        self._posted.append(act)
        self._pipe.set()

    def stop(self) -> None:
        """End `serve`."""
        self.is_stopped = True
        self._pipe.set()

    def serve(self) -> None:
        """Until `stop`."""
        while not self.is_stopped:
            self.turn()

    def turn(self, limit_s: float = -1.0) -> None:
        """Wait for something to do, at most so long (negative: for ever), and do it."""
        if self._times:
            due = max(0.0, self._times[0][0] - time.monotonic())
            limit_s = due if limit_s < 0 else min(due, limit_s)
        for fd, _ in self._epoll.poll(LONGEST_WAIT_S if limit_s < 0 else min(limit_s, LONGEST_WAIT_S)):
            if fd == self._pipe.fileno():
                os.read(fd, 4096)
            elif (ready := self._ready.get(fd)) is not None:
                self._call(ready)
        while self._posted:
            self._call(self._posted.popleft())
        now = time.monotonic()
        while self._times and self._times[0][0] <= now:
            self._call(heapq.heappop(self._times)[2])

    def close(self) -> None:
        """Give the descriptors back; what is watched is closed by its owners."""
        self._epoll.close()
        self._pipe.close()

    def _call(self, act: Callable[[], None]) -> None:
        try:
            act()
        except Exception as error:  # whatever it was, the others go on
            self._failed(error)
