"""The small HTTP server: what it serves, and what it does with clients that misbehave."""

from __future__ import annotations

import asyncio

import pytest

from natscope.host.api import Host, HostError, Stream
from natscope.host.real.host import build_real_host
from natscope.model.endpoint import Endpoint
from natscope.web.server import HttpServer, ServerLimits, ServerRequest, ServerResponse
from tests.web.servers import LOOPBACK, mirror, serving


@pytest.fixture
def host() -> Host:
    return build_real_host()


async def read_all(stream: Stream) -> bytes:
    data = b""
    try:
        while part := await stream.read(65_536):
            data += part
    except HostError:
        pass
    return data


async def talk(host: Host, at: Endpoint, text: bytes) -> bytes:
    """Send bytes and read until the server closes."""
    stream = await host.streams.connect(at, timeout_s=5)
    await stream.write(text)
    data = await read_all(stream)
    await stream.close()
    return data


async def test_requests_follow_one_another_on_a_connection(host: Host) -> None:
    async with serving(host, mirror) as at:
        data = await talk(
            host,
            at,
            b"GET /1 HTTP/1.1\r\nhost: a\r\n\r\nPOST /2 HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\nabc"
            b"GET /3 HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n",
        )
    assert data.count(b"HTTP/1.1 200") == 3
    assert b"POST /2? host=a\nabc" in data


async def test_another_protocol_ends_the_connection(host: Host) -> None:
    async def handler(request: ServerRequest) -> ServerResponse:
        return ServerResponse(101, headers=(("upgrade", "DERP"), ("connection", "Upgrade")))

    async with serving(host, handler) as at:
        data = await talk(host, at, b"GET /derp HTTP/1.1\r\nhost: a\r\nupgrade: DERP\r\nconnection: Upgrade\r\n\r\n")
    assert data.startswith(b"HTTP/1.1 101 ")
    assert data.endswith(b"\r\n\r\n")
    assert b"content-length" not in data.lower()


async def test_head_and_204_have_no_body(host: Host) -> None:
    async def handler(request: ServerRequest) -> ServerResponse:
        return ServerResponse(204 if request.path == "/none" else 200, b"body")

    async with serving(host, handler) as at:
        head = await talk(host, at, b"HEAD / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
        none = await talk(host, at, b"GET /none HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
    assert b"content-length: 4" in head.lower()
    assert head.endswith(b"\r\n\r\n")
    assert b"content-length" not in none.lower()
    assert none.endswith(b"\r\n\r\n")


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (b"nonsense\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nhost: a\r\nx: " + b"y" * 40_000 + b"\r\n\r\n", b"431"),
        (b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 200000\r\n\r\n" + b"z" * 70_000, b"413"),
        (b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", b"400"),
    ],
)
async def test_bad_requests_are_answered_and_hung_up_on(host: Host, text: bytes, status: bytes) -> None:
    async with serving(host, mirror) as at:
        data = await talk(host, at, text)
    assert data.startswith(b"HTTP/1.1 " + status)


async def test_slow_and_idle_clients_are_dropped(host: Host) -> None:
    server = HttpServer(host, mirror, ServerLimits(idle_s=0.02, request_s=0.02))
    listener = await server.listen(Endpoint(LOOPBACK, 0))
    assert await talk(host, listener.local, b"GET / HT") == b""
    assert await talk(host, listener.local, b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nab") == b""
    assert server.counters.timeouts == 2
    await listener.close()


async def test_connections_are_counted_and_bounded(host: Host) -> None:
    server = HttpServer(host, mirror, ServerLimits(connections=1))
    listener = await server.listen(Endpoint(LOOPBACK, 0))
    first = await host.streams.connect(listener.local, timeout_s=5)
    await first.write(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
    assert b"200" in await first.read(4096)
    second = await host.streams.connect(listener.local, timeout_s=5)
    assert await read_all(second) == b""
    assert server.counters.refused_connections == 1
    await first.close()
    await second.close()
    await listener.close()
    assert server.counters.by_status == {200: 1}


async def test_requests_per_connection_are_bounded(host: Host) -> None:
    async with serving(host, mirror, limits=ServerLimits(requests=2)) as at:
        data = await talk(host, at, b"GET / HTTP/1.1\r\nhost: a\r\n\r\n" * 5)
    assert data.count(b"HTTP/1.1 200") == 2


async def test_a_client_that_waits_to_be_told_to_go_on(host: Host) -> None:
    async with serving(host, mirror) as at:
        stream = await host.streams.connect(at, timeout_s=5)
        await stream.write(b"POST / HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n")
        assert (await stream.read(100)).startswith(b"HTTP/1.1 100")
        await stream.write(b"ok")
        assert b"200" in await stream.read(4096)
        await stream.close()


async def test_closing_the_listener_ends_a_slow_handler(host: Host) -> None:
    started = asyncio.Event()

    async def hang(request: ServerRequest) -> ServerResponse:
        started.set()
        await asyncio.Event().wait()
        raise AssertionError("unreachable")

    async with serving(host, hang) as at:
        stream = await host.streams.connect(at, timeout_s=5)
        await stream.write(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
        await started.wait()
    assert await read_all(stream) == b""
    await stream.close()
