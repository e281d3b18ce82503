"""The asyncio loop beside a relay's own, in a thread: what asks others, waits for them, or serves few."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
_START_S, _END_S = 10.0, 5.0


class Aside:
    """Runs coroutines elsewhere. `failed` is told the name and the exception of a task that should have gone on."""

    def __init__(self, failed: Callable[[str, BaseException], None]) -> None:
        """The thread starts at once and sleeps while nothing is to be done."""
        self._failed = failed
        self._loop = asyncio.new_event_loop()
        self._tasks: set[concurrent.futures.Future[None]] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, name="aside", daemon=True)
        self._thread.start()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Wait for a coroutine; raises what it raises. From another thread than the loop's."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(_START_S)

    def keep(self, name: str, coroutine: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine until `close`."""
        self._tasks.add(asyncio.run_coroutine_threadsafe(self._guard(name, coroutine), self._loop))

    def ask(self, name: str, coroutine: Coroutine[Any, Any, bool], answer: Callable[[bool], None]) -> None:
        """Call `answer`, on this loop's thread, with the result; with False when it fails."""

        async def asking() -> None:
            try:
                allowed = await coroutine
            except Exception as error:  # a decision that cannot be made is no
                self._failed(name, error)
                allowed = False
            answer(allowed)

        asyncio.run_coroutine_threadsafe(asking(), self._loop)

    def call(self, act: Callable[[], None]) -> None:
        """Call `act` on this loop's thread, soon. From any thread or signal handler."""
        self._loop.call_soon_threadsafe(act)

    def close(self) -> None:
        """Cancel everything and end the thread."""
        if not self._thread.is_alive():
            return
        self.run(self._cancel_all())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_END_S)
        self._loop.close()

    async def _guard(self, name: str, coroutine: Coroutine[Any, Any, None]) -> None:
        try:
            await coroutine
        except Exception as error:  # one part's end is not the relay's
            self._failed(name, error)

    async def _cancel_all(self) -> None:
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.wait(others, timeout=_END_S / 2) if others else None
