"""An asyncio event loop on virtual time: when every task waits, the clock jumps to the next thing that happens.

Coroutines written for a `Host` run here unchanged; packets travel on the same clock as entries of the `Timeline`,
without any task. Nothing may block: sockets, pipes, processes, signals and names of the real world are refused with
`RealWorldError`; `run_in_executor` and `call_soon_threadsafe` run in line, so that no thread races the virtual clock.
The trick is a selector that, instead of waiting, runs the timeline up to the loop's next timer.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from typing import Any, NoReturn

from natscope.sim.timeline import Timeline

MAX_STILL_ROUNDS = 1_000_000
"""So many rounds of the loop without time passing are a program that spins."""


class RealWorldError(RuntimeError):
    """Code in the simulator reached for this computer's own network, processes or threads instead of its `Host`."""


class StuckError(RuntimeError):
    """Nothing will ever happen again, or the program spins without letting time pass."""


class _Jump:
    """Stands where asyncio keeps its selector; `select` is called when the loop would wait."""

    def __init__(self, loop: SimLoop) -> None:
        self._loop = loop

    def select(self, timeout: float | None) -> list[Any]:
        """Run the timeline: what is due now when callbacks are ready, else up to the first of them or a timer."""
        self._loop.advance(polls=timeout == 0)
        return []


class SimLoop(asyncio.BaseEventLoop):
    """`timeline` may be shared with code that needs no coroutines. Not thread-safe, and needs not be."""

    _ready: Any
    _scheduled: list[asyncio.TimerHandle]

    def __init__(self, timeline: Timeline | None = None) -> None:
        super().__init__()
        self.timeline = timeline if timeline is not None else Timeline()
        self._selector = _Jump(self)
        self._still_rounds = 0
        self._stood_at = -math.inf

    @property
    def _clock_resolution(self) -> float:
        """By how much asyncio calls timers early: nothing, or whoever waits for a time a hair away would spin."""
        return math.ulp(self.timeline.now)

    @_clock_resolution.setter
    def _clock_resolution(self, seconds: float) -> None:
        """Asyncio's own idea of it is that of this computer's clock."""

    def time(self) -> float:
        """Virtual seconds."""
        return self.timeline.now

    def advance(self, *, polls: bool) -> None:
        """Let things happen: due ones (`polls`), or all until a callback is ready or the first timer is due."""
        timeline, ready = self.timeline, self._ready
        self._notice_spinning()
        scheduled = self._scheduled
        if not polls and not scheduled and timeline.next_time() is None:
            raise StuckError("every task waits, and nothing is going to happen")
        while polls or not ready:
            until = timeline.now if polls else max(timeline.now, scheduled[0].when()) if scheduled else math.inf
            entry = timeline.take(until)
            if entry is None:
                break
            timeline.now, _, function, args = entry
            function(*args)
        if not polls and not ready and scheduled:
            timeline.now = max(timeline.now, scheduled[0].when())

    def _notice_spinning(self) -> None:
        if self.timeline.now != self._stood_at:
            self._stood_at, self._still_rounds = self.timeline.now, 0
        self._still_rounds += 1
        if self._still_rounds > MAX_STILL_ROUNDS:
            raise StuckError(f"{MAX_STILL_ROUNDS} rounds of the loop without time passing")

    def _process_events(self, event_list: list[Any]) -> None:
        """There are none: the timeline calls directly."""

    def _write_to_self(self) -> None:
        """Nobody sleeps in a selector who would have to be woken."""

    def run_in_executor(  # type: ignore[override]
        self, executor: Any, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        """Call it now, on the spot."""
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:  # what a thread would hand over
            future.set_exception(error)
        return future

    def _refuse(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise RealWorldError("the simulator has no sockets, processes or names of this computer: use the host's")

    add_reader = add_writer = _refuse  # type: ignore[assignment]
    remove_reader = remove_writer = _refuse
    sock_recv = sock_recv_into = sock_recvfrom = sock_recvfrom_into = _refuse
    sock_sendall = sock_sendto = sock_connect = sock_accept = sock_sendfile = _refuse
    create_connection = create_server = create_datagram_endpoint = _refuse
    create_unix_connection = create_unix_server = connect_accepted_socket = _refuse
    connect_read_pipe = connect_write_pipe = subprocess_exec = subprocess_shell = _refuse
    getaddrinfo = getnameinfo = sendfile = start_tls = _refuse
