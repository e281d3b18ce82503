"""Which proxy the environment names, and requests through one."""

from __future__ import annotations

import asyncio
import ipaddress
from dataclasses import replace
from pathlib import Path

import pytest

from natscope.host.api import Failure, Host, HostError, Stream, TlsOptions
from natscope.host.http_api import HttpRequest
from natscope.host.real.host import build_real_host
from natscope.lab.loopback_certs import TestAuthority
from natscope.model.endpoint import Endpoint
from natscope.web.client import HttpClient
from natscope.web.proxy import Proxy, choose_proxy
from tests.web.servers import mirror, raw_serving, saying, serving

HTTPS = {"https_proxy": "http://proxy.test:3128"}


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, None),
        ({"http_proxy": "http://other.test"}, None),
        (HTTPS, Proxy("http", "proxy.test", 3128)),
        ({"HTTPS_PROXY": "proxy.test:3128"}, Proxy("http", "proxy.test", 3128)),
        ({"ALL_PROXY": "https://u%40x:p%3A@proxy.test"}, Proxy("https", "proxy.test", 443, "u@x", "p:")),
        ({"HTTPS_PROXY": "http://capital.test", **HTTPS}, Proxy("http", "proxy.test", 3128)),
        ({"https_proxy": "", "all_proxy": "http://all.test"}, Proxy("http", "all.test", 80)),
        ({"https_proxy": "http://[2001:db8::1]:8080"}, Proxy("http", "2001:db8::1", 8080)),
    ],
)
def test_the_environment_names_the_proxy(environ: dict[str, str], expected: Proxy | None) -> None:
    assert choose_proxy("https", "relay.test", 443, environ) == expected


def test_a_web_client_cannot_name_our_proxy() -> None:
    environ = {"HTTP_PROXY": "http://evil.test", "REQUEST_METHOD": "GET"}
    assert choose_proxy("http", "relay.test", 80, environ) is None
    assert choose_proxy("http", "relay.test", 80, {"HTTP_PROXY": "http://fine.test"}) is not None


@pytest.mark.parametrize("text", ["socks5://proxy.test", "http://", "http://proxy.test:notaport"])
def test_proxies_that_cannot_be_used_are_named(text: str) -> None:
    with pytest.raises(HostError) as caught:
        choose_proxy("https", "relay.test", 443, {"https_proxy": text})
    assert caught.value.failure is Failure.NOT_SUPPORTED


@pytest.mark.parametrize(
    ("no_proxy", "host", "exempt"),
    [
        ("*", "relay.test", True),
        ("relay.test", "relay.test", True),
        ("relay.test", "RELAY.test.", True),
        ("relay.test", "a.relay.test", True),
        ("relay.test", "otherrelay.test", False),
        (".relay.test", "a.relay.test", True),
        (".relay.test", "relay.test", False),
        ("*.relay.test", "a.relay.test", True),
        ("relay.test:443", "relay.test", True),
        ("relay.test:444", "relay.test", False),
        ("192.0.2.0/24", "192.0.2.9", True),
        ("192.0.2.0/24", "198.51.100.1", False),
        ("192.0.2.9", "192.0.2.9", True),
        ("192.0.2.9:443", "192.0.2.9", True),
        ("2001:db8::/32", "2001:db8::5", True),
        ("[2001:db8::5]", "2001:db8::5", True),
        ("192.0.2.0/nonsense", "192.0.2.9", False),
        (" , other.test , relay.test ", "relay.test", True),
        ("", "localhost", True),
        ("", "127.8.9.1", True),
        ("", "::1", True),
    ],
)
def test_exemptions(no_proxy: str, host: str, exempt: bool) -> None:
    assert (choose_proxy("https", host, 443, {**HTTPS, "no_proxy": no_proxy}) is None) is exempt


@pytest.fixture
def host() -> Host:
    return build_real_host()


def behind(host: Host, proxy: Endpoint, scheme: str, credentials: str = "") -> HttpClient:
    return HttpClient(replace(host, environ={f"{scheme}_proxy": f"http://{credentials}{proxy}"}))


async def test_plain_requests_go_to_the_proxy_whole(host: Host) -> None:
    seen: list[bytes] = []

    async def proxy(stream: Stream) -> None:
        seen.append(await stream.read(4096))
        await stream.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")

    async with raw_serving(host, proxy) as at:
        client = behind(host, at, "http", "user:secret@")
        response = await client.fetch(HttpRequest("http://relay.test/x", proxy=True))
    assert response.body == b"ok"
    assert response.remote == at
    assert seen[0].startswith(b"GET http://relay.test/x HTTP/1.1\r\n")
    assert b"roxy-" in seen[0]
    assert b"Basic dXNlcjpzZWNyZXQ=" in seen[0]


async def test_tls_goes_through_a_tunnel(host: Host, tmp_path: Path) -> None:
    issued = TestAuthority(tmp_path, host.clock.utc()).issue("server", ["relay.test"])
    asked: list[str] = []

    async def pump(source: Stream, target: Stream) -> None:
        while data := await source.read(65_536):
            await target.write(data)

    async with serving(host, mirror, tls=issued.files) as origin:

        async def proxy(stream: Stream) -> None:
            head = (await stream.read(4096)).decode()
            asked.append(head.splitlines()[0])
            beyond = await host.streams.connect(origin, timeout_s=5)
            await stream.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            pumps = [asyncio.ensure_future(pump(stream, beyond)), asyncio.ensure_future(pump(beyond, stream))]
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            for task in pumps:
                task.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            await beyond.close()

        async with raw_serving(host, proxy) as at:
            tls = TlsOptions("relay.test", pin_sha256=issued.pin)
            request = HttpRequest("https://relay.test/x", proxy=True, tls=tls)
            response = await behind(host, at, "https").fetch(request)
    assert response.body == b"GET /x? host=relay.test\n"
    assert asked == ["CONNECT relay.test:443 HTTP/1.1"]
    assert response.timings.tls_s is not None
    assert response.timings.request_s is not None


async def test_a_proxy_that_refuses_is_named(host: Host) -> None:
    async with raw_serving(
        host, saying(b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n")
    ) as at:
        with pytest.raises(HostError) as caught:
            await behind(host, at, "https", "u:secret@").fetch(HttpRequest("https://relay.test/", proxy=True))
    assert caught.value.failure is Failure.REFUSED
    assert "407" in caught.value.message
    assert str(at) in caught.value.message
    assert "secret" not in caught.value.message


async def test_the_proxy_is_left_out_unless_asked_for(host: Host) -> None:
    nobody = Endpoint(ipaddress.ip_address("127.0.0.1"), 1)
    async with serving(host, mirror) as at:
        response = await behind(host, nobody, "http").fetch(HttpRequest("http://relay.test/", connect_to=at))
    assert response.status == 200
