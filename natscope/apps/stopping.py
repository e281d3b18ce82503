"""What a run does when somebody wants it to end: what is known so far is shown, not thrown away."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Coroutine, Iterator
from typing import TypeVar

T = TypeVar("T")


async def unless_stopped(work: Coroutine[None, None, T], stop: asyncio.Event) -> T:
    """The result of `work`. Raises `KeyboardInterrupt` when `stop` comes first: there is nothing to show yet."""
    loop = asyncio.get_running_loop()
    task, stopped = loop.create_task(work), loop.create_task(stop.wait())
    try:
        await asyncio.wait((task, stopped), return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise KeyboardInterrupt
        return task.result()
    finally:
        stopped.cancel()
        task.cancel()


@contextlib.contextmanager
def stop_on_signals(stop: asyncio.Event) -> Iterator[None]:
    """SIGINT and SIGTERM set `stop`; where that is not possible (threads, Windows) Python's own way stays."""
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    taken = []
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
            loop.add_signal_handler(number, stop.set)
            taken.append(number)
    try:
        yield
    finally:
        for number in taken:
            loop.remove_signal_handler(number)
            signal.signal(number, before[number])
