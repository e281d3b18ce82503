"""HTTP servers on loopback for tests: ours, and raw ones that answer with given bytes."""

from __future__ import annotations

import ipaddress
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from natscope.host.api import Host, HostError, ServerTls, Stream
from natscope.model.endpoint import Endpoint
from natscope.web.server import Handler, HttpServer, ServerLimits, ServerRequest, ServerResponse

LOOPBACK = ipaddress.ip_address("127.0.0.1")


@asynccontextmanager
async def serving(
    host: Host, handler: Handler, *, tls: ServerTls | None = None, limits: ServerLimits | None = None
) -> AsyncIterator[Endpoint]:
    """Our own server with this handler."""
    listener = await HttpServer(host, handler, limits).listen(Endpoint(LOOPBACK, 0), tls=tls)
    try:
        yield listener.local
    finally:
        await listener.close()


@asynccontextmanager
async def raw_serving(host: Host, serve: Callable[[Stream], Awaitable[None]]) -> AsyncIterator[Endpoint]:
    """A server that does with a connection what it is told."""

    async def handle(stream: Stream) -> None:
        with suppress(HostError):
            await serve(stream)

    listener = await host.streams.listen(Endpoint(LOOPBACK, 0), handle)
    try:
        yield listener.local
    finally:
        await listener.close()


def saying(answer: bytes) -> Callable[[Stream], Awaitable[None]]:
    """Read a head, write `answer`, hang up."""

    async def serve(stream: Stream) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            part = await stream.read(4096)
            if not part:
                return
            head += part
        await stream.write(answer)

    return serve


async def mirror(request: ServerRequest) -> ServerResponse:
    """Says what was asked."""
    words = f"{request.method} {request.path}?{request.query} host={request.headers.get('host', '')}\n"
    return ServerResponse(200, words.encode() + request.body)
