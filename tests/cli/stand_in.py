"""A stand-in tailscaled in a thread of its own, so that a command that owns its event loop can ask it."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

from natscope.host.real.host import build_real_host
from natscope.lab.stand_in import StandInMesh
from natscope.lab.stand_in_daemon import StandIn
from natscope.lab.stand_in_serve import StandInServer


class Served:
    """`socket` is where it listens. `replace` puts another mesh in its place and tells those who watch."""

    def __init__(self, stand_in: StandIn, server: StandInServer, loop: asyncio.AbstractEventLoop) -> None:
        self.stand_in = stand_in
        self.socket = server.path
        self._server = server
        self._loop = loop

    def replace(self, mesh: StandInMesh) -> None:
        """From the next answer on."""
        fresh = StandIn(mesh, build_real_host().clock)

        def swap() -> None:
            self._server.stand_in = fresh
            self._server.notify(b'{"State":6}\n')

        self._loop.call_soon_threadsafe(swap)


@contextlib.contextmanager
def serving(mesh: StandInMesh, folder: Path) -> Iterator[Served]:
    """Listens in `folder` until the block ends."""
    ready: list[Served] = []
    is_ready, is_over = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        stand_in = StandIn(mesh, build_real_host().clock)
        async with StandInServer(stand_in, str(folder / "t.sock")) as server:
            ready.append(Served(stand_in, server, loop))
            is_ready.set()
            await is_over.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True)
    thread.start()
    try:
        assert is_ready.wait(10)
        yield ready[0]
    finally:
        loop.call_soon_threadsafe(is_over.set)
        thread.join(10)
        loop.close()
