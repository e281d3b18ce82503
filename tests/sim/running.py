"""A network on the running test's own loop, and small programs for its hosts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from natscope.host.api import Host, Listener, ServerTls, Stream
from natscope.model.endpoint import Endpoint
from natscope.sim.binding import UNSPECIFIED
from natscope.sim.loop import SimLoop
from natscope.sim.topology import Network


def this_network(seed: int = 1) -> Network:
    """On the virtual time of the running loop."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, SimLoop)
    return Network(seed, timeline=loop.timeline)


@asynccontextmanager
async def echoing(host: Host, port: int = 7, tls: ServerTls | None = None) -> AsyncIterator[Listener]:
    """A TCP server that sends everything back."""

    async def echo(stream: Stream) -> None:
        while data := await stream.read(65_536):
            await stream.write(data)

    listener = await host.streams.listen(Endpoint(UNSPECIFIED[4], port), echo, tls=tls)
    try:
        yield listener
    finally:
        await listener.close()
