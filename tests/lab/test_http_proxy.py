"""The lab's HTTP proxy on loopback: what it carries, what it refuses, and that nobody holds it up."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from natscope.host.api import Host, ResolverFacts, Stream
from natscope.host.real.host import build_real_host
from natscope.lab.http_proxy import MAX_HEAD_BYTES, PASSWORD, USER, HttpProxy
from natscope.model.endpoint import Endpoint, Family, IPAddress
from tests.probes.loopback import saying, serving
from tests.web.servers import LOOPBACK


class Names:
    async def facts(self) -> ResolverFacts:
        return ResolverFacts()

    async def addresses(self, name: str, family: Family, *, timeout_s: float) -> list[IPAddress]:
        return [LOOPBACK]


@pytest.fixture
def host() -> Host:
    return replace(build_real_host(), resolver=Names())


@asynccontextmanager
async def proxying(host: Host, *, with_password: bool = False) -> AsyncIterator[tuple[HttpProxy, Endpoint]]:
    proxy = HttpProxy(host, with_password)
    listener = await proxy.listen(Endpoint(LOOPBACK, 0))
    try:
        yield proxy, listener.local
    finally:
        await listener.close()


async def said(host: Host, at: Endpoint, *parts: bytes) -> bytes:
    """Everything that comes back."""
    stream: Stream = await host.streams.connect(at, timeout_s=5)
    got = b""
    for part in parts:
        await stream.write(part)
    async with asyncio.timeout(5):
        while data := await stream.read(4096):
            got += data
    await stream.close()
    return got


async def test_what_is_carried_comes_back(host: Host) -> None:
    async with serving(host, saying(b"hello")) as port, proxying(host) as (proxy, at):
        connect = f"CONNECT relay.test:{port} HTTP/1.1\r\n\r\n".encode()
        stream = await host.streams.connect(at, timeout_s=5)
        await stream.write(connect)
        assert (await stream.read(4096)).startswith(b"HTTP/1.1 200 ")
        await stream.write(b"GET / HTTP/1.1\r\n\r\n")
        assert await stream.read(4096) == b"hello"
        await stream.close()
    assert proxy.counts == {200: 1}


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET http://relay.test/ HTTP/1.1\r\n\r\n", 405),
        (b"CONNECT relay.test HTTP/1.1\r\n\r\n", 405),
        (b"CONNECT relay.test:99999 HTTP/1.1\r\n\r\n", 502),
        (b"CONNECT relay.test:1 HTTP/1.1\r\n\r\n", 502),
        (b"\r\n\r\n", 405),
    ],
)
async def test_refusals(host: Host, request_: bytes, status: int) -> None:
    async with proxying(host) as (_, at):
        assert (await said(host, at, request_)).startswith(f"HTTP/1.1 {status} ".encode())


async def test_a_password_is_wanted_and_checked(host: Host) -> None:
    async with proxying(host, with_password=True) as (proxy, at):
        for token in ("", "Basic nonsense!", f"Basic {base64.b64encode(b'guest:wrong').decode()}"):
            head = f"CONNECT relay.test:1 HTTP/1.1\r\nProxy-Authorization: {token}\r\n\r\n".encode()
            answer = await said(host, at, head)
            assert answer.startswith(b"HTTP/1.1 407 ")
            assert b"proxy-authenticate: Basic" in answer
        right = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        head = f"CONNECT relay.test:1 HTTP/1.1\r\nproxy-authorization: basic {right}\r\n\r\n".encode()
        assert (await said(host, at, head)).startswith(b"HTTP/1.1 502 ")
    assert proxy.counts == {407: 3, 502: 1}


async def test_an_endless_head_ends_the_connection(host: Host) -> None:
    async with proxying(host) as (_, at):
        assert await said(host, at, b"x" * (MAX_HEAD_BYTES + 1)) == b""
