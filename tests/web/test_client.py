"""The HTTP client against servers on loopback, right and wrong ones."""

from __future__ import annotations

import asyncio
import ipaddress
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from natscope.host.api import Failure, Host, HostError, ResolverFacts, Stream, TlsOptions
from natscope.host.http_api import HttpRequest
from natscope.host.real.host import build_real_host
from natscope.lab.loopback_certs import TestAuthority
from natscope.model.endpoint import Endpoint, Family, IPAddress
from natscope.web.client import HttpClient
from natscope.web.hop import MAX_HEAD_BYTES
from natscope.web.server import ServerRequest, ServerResponse
from tests.web.servers import LOOPBACK, mirror, raw_serving, saying, serving


@pytest.fixture
def host() -> Host:
    return build_real_host()


@pytest.fixture
def client(host: Host) -> HttpClient:
    return HttpClient(host)


async def failure(client: HttpClient, request: HttpRequest) -> HostError:
    with pytest.raises(HostError) as caught:
        await client.fetch(request)
    assert "Errno" not in caught.value.message
    return caught.value


async def test_a_request_arrives_as_written(host: Host, client: HttpClient) -> None:
    async with serving(host, mirror) as at:
        response = await client.fetch(HttpRequest(f"http://{at}/a/b?c=d", method="POST", body=b"body"))
    assert response.status == 200
    assert response.body == f"POST /a/b?c=d host={at}\nbody".encode()
    assert response.remote == at
    assert not response.truncated
    assert response.url == f"http://{at}/a/b?c=d"
    assert response.bytes_sent > 50
    assert response.bytes_received > len(response.body)


async def test_header_names_keep_their_spelling(host: Host, client: HttpClient) -> None:
    heads: list[bytes] = []

    async def keep(stream: Stream) -> None:
        heads.append(await stream.read(4096))
        await stream.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    listener = await host.streams.listen(Endpoint(LOOPBACK, 0), keep)
    headers = {"SOAPAction": '"x#Y"', "Accept-Encoding": "br", "X-Two": "2"}
    await client.fetch(HttpRequest(f"http://{listener.local}/", headers=headers))
    await listener.close()
    assert b'\r\nSOAPAction: "x#Y"\r\n' in heads[0]
    assert heads[0].lower().count(b"accept-encoding:") == 1
    assert b"Accept-Encoding: br" in heads[0]


async def test_the_steps_are_timed_apart(host: Host, client: HttpClient, tmp_path: Path) -> None:
    authority = TestAuthority(tmp_path, host.clock.utc())
    files = authority.issue("server", ["localhost"]).files

    async def slow(request: ServerRequest) -> ServerResponse:
        await host.clock.sleep(0.05)
        return ServerResponse(200)

    async with serving(host, slow, tls=files) as at:
        tls = TlsOptions("localhost", ca_file=str(authority.ca_file))
        response = await client.fetch(HttpRequest(f"https://localhost:{at.port}/", tls=tls))
    timings = response.timings
    assert timings.dns_s is not None
    assert timings.connect_s is not None
    assert timings.tls_s is not None
    assert timings.request_s is not None
    assert timings.request_s >= 0.05
    assert timings.connect_s < 0.05
    assert response.tls is not None
    assert response.tls.version == "TLSv1.3"


async def test_steps_that_did_not_happen_have_no_time(host: Host, client: HttpClient) -> None:
    async with serving(host, mirror) as at:
        timings = (await client.fetch(HttpRequest(f"http://{at}/"))).timings
    assert timings.dns_s is None
    assert timings.tls_s is None


async def test_connect_to_replaces_the_name_and_nothing_else(host: Host, client: HttpClient) -> None:
    async with serving(host, mirror) as at:
        request = HttpRequest("http://relay.invalid/x", connect_to=at)
        assert (await client.fetch(request)).body == b"GET /x? host=relay.invalid\n"


async def test_connect_to_is_not_for_where_we_are_redirected(host: Host, client: HttpClient) -> None:
    async def redirect(request: ServerRequest) -> ServerResponse:
        return ServerResponse(302, headers=(("location", f"http://{elsewhere}/there"),))

    async with serving(host, mirror) as elsewhere, serving(host, redirect) as at:
        response = await client.fetch(HttpRequest("http://relay.invalid/x", connect_to=at, redirects=1))
    assert response.body.startswith(b"GET /there")
    assert response.remote == elsewhere


async def test_redirects_are_counted(host: Host, client: HttpClient) -> None:
    async def around(request: ServerRequest) -> ServerResponse:
        return ServerResponse(302, b"moved", (("location", f"/{len(request.path)}{request.path}"),))

    async with serving(host, around) as at:
        plain = await client.fetch(HttpRequest(f"http://{at}/"))
        assert (plain.status, plain.body) == (302, b"moved")
        assert (
            "redirected more than 3 times" in (await failure(client, HttpRequest(f"http://{at}/", redirects=3))).message
        )


async def test_a_redirect_to_nowhere_is_an_error(host: Host, client: HttpClient) -> None:
    for place in ("http://[::1", "http://a:99999/", "ftp://127.0.0.1/", "file:///etc/passwd"):

        async def redirect(request: ServerRequest, place: str = place) -> ServerResponse:
            return ServerResponse(302, headers=(("location", place),))

        async with serving(host, redirect) as at:
            error = await failure(client, HttpRequest(f"http://{at}/", redirects=2))
        assert error.failure is Failure.NOT_SUPPORTED


@pytest.mark.parametrize("place", ["http://[::1", "http://login.test/\x1b[2J", "http://x\x01y/", "\x7f"])
async def test_a_redirect_that_is_not_followed_is_an_answer_wherever_it_leads(
    host: Host, client: HttpClient, place: str
) -> None:
    async def redirect(request: ServerRequest) -> ServerResponse:
        return ServerResponse(302, b"moved", (("location", place),))

    async with serving(host, redirect) as at:
        told = await client.fetch(HttpRequest(f"http://{at}/"))
        assert (told.status, told.headers["location"], told.body) == (302, place, b"moved")
        assert told.bytes_received > len(place)
        assert (await failure(client, HttpRequest(f"http://{at}/", redirects=1))).failure is Failure.NOT_SUPPORTED


async def test_bodies_are_cut_at_their_limit(host: Host, client: HttpClient) -> None:
    async def long(request: ServerRequest) -> ServerResponse:
        return ServerResponse(200, b"x" * 300_000)

    async with serving(host, long) as at:
        cut = await client.fetch(HttpRequest(f"http://{at}/", max_bytes=1000))
        exact = await client.fetch(HttpRequest(f"http://{at}/", max_bytes=300_000))
    assert (len(cut.body), cut.truncated) == (1000, True)
    assert (len(exact.body), exact.truncated) == (300_000, False)


async def test_an_error_status_is_an_answer(host: Host, client: HttpClient) -> None:
    async def refuse(request: ServerRequest) -> ServerResponse:
        return ServerResponse(503, b"no", (("Retry-After", "5"),))

    async with serving(host, refuse) as at:
        response = await client.fetch(HttpRequest(f"http://{at}/"))
    assert (response.status, response.body, response.headers["retry-after"]) == (503, b"no", "5")


async def test_packed_bodies_stay_packed(host: Host, client: HttpClient) -> None:
    async def packed(request: ServerRequest) -> ServerResponse:
        assert request.headers["accept-encoding"] == "identity"
        return ServerResponse(200, b"not really gzip", (("Content-Encoding", "gzip"),))

    async with serving(host, packed) as at:
        assert (await client.fetch(HttpRequest(f"http://{at}/", redirects=2))).body == b"not really gzip"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b"SSH-2.0-OpenSSH\r\n\r\n", Failure.OTHER),
        (b"", Failure.CLOSED),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc", Failure.CLOSED),
        (b"HTTP/1.1 200 OK\r\n" + b"x-a: " + b"a" * (MAX_HEAD_BYTES + 1) + b"\r\n\r\n", Failure.OTHER),
        (b"HTTP/1.1 200 OK\r\n" + b"x-a: " + b"a" * 1_000_000 + b"\r\n\r\n", Failure.OTHER),
        (b"HTTP/1.1 200 OK\r\nbad header\r\n\r\n", Failure.OTHER),
    ],
)
async def test_what_is_no_http_is_an_error(host: Host, client: HttpClient, answer: bytes, expected: Failure) -> None:
    async with raw_serving(host, saying(answer)) as at:
        assert (await failure(client, HttpRequest(f"http://{at}/"))).failure is expected


async def test_the_whole_fetch_is_bounded(host: Host, client: HttpClient) -> None:
    async def drip(stream: Stream) -> None:
        await stream.read(4096)
        await stream.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n")
        while True:
            await stream.write(b"x")
            await asyncio.sleep(0.005)

    async def silent(stream: Stream) -> None:
        while await stream.read(4096):
            pass

    async with raw_serving(host, drip) as at:
        error = await failure(client, HttpRequest(f"http://{at}/", timeout_s=0.1, max_bytes=10_000_000))
        assert (error.failure, "reading the body" in error.message) == (Failure.TIMEOUT, True)
    async with raw_serving(host, silent) as at:
        error = await failure(client, HttpRequest(f"http://{at}/", timeout_s=0.1))
        assert (error.failure, "waiting for the answer" in error.message) == (Failure.TIMEOUT, True)
        error = await failure(client, HttpRequest(f"https://{at}/", timeout_s=0.3))
        assert (error.failure, "TLS handshake" in error.message) == (Failure.TIMEOUT, True)


@pytest.mark.parametrize(
    "url", ["ftp://127.0.0.1/", "nonsense", "http://", "http://[::1", "http://127.0.0.1:99999/", "http://a b/"]
)
async def test_what_is_no_url_is_an_error(client: HttpClient, url: str) -> None:
    assert (await failure(client, HttpRequest(url))).failure in (Failure.NOT_SUPPORTED, Failure.NAME_NOT_FOUND)


async def test_bad_headers_are_an_error(host: Host, client: HttpClient) -> None:
    async with serving(host, mirror) as at:
        request = HttpRequest(f"http://{at}/", headers={"x-a": "b\r\nx-injected: 1"})
        assert (await failure(client, request)).failure is Failure.NOT_SUPPORTED


async def test_a_closed_port(host: Host, client: HttpClient) -> None:
    async with serving(host, mirror) as at:
        pass
    assert (await failure(client, HttpRequest(f"http://{at}/"))).failure is Failure.REFUSED


async def test_certificates_are_checked(host: Host, client: HttpClient, tmp_path: Path) -> None:
    authority = TestAuthority(tmp_path, host.clock.utc())
    issued = authority.issue("server", ["relay.test"])
    async with serving(host, mirror, tls=issued.files) as at:
        url = f"https://relay.test:{at.port}/"
        request = HttpRequest(url, connect_to=at, tls=TlsOptions("relay.test", pin_sha256=issued.pin))
        assert (await client.fetch(request)).status == 200
        wrong = HttpRequest(url, connect_to=at, tls=TlsOptions("relay.test", pin_sha256="0" * 64))
        assert (await failure(client, wrong)).failure is Failure.CERTIFICATE
        assert (await failure(client, HttpRequest(url, connect_to=at))).failure is Failure.CERTIFICATE


async def test_a_pin_is_not_for_where_we_are_redirected(host: Host, client: HttpClient, tmp_path: Path) -> None:
    authority = TestAuthority(tmp_path, host.clock.utc())
    issued = authority.issue("server", ["relay.test", "localhost"])

    async def redirect(request: ServerRequest) -> ServerResponse:
        return ServerResponse(302, headers=(("location", f"https://localhost:{other.port}/"),))

    async with serving(host, mirror, tls=issued.files) as other, serving(host, redirect, tls=issued.files) as at:
        request = HttpRequest(
            "https://relay.test/", connect_to=at, redirects=1, tls=TlsOptions("relay.test", pin_sha256=issued.pin)
        )
        assert (await failure(client, request)).failure is Failure.CERTIFICATE


async def test_a_unix_socket(host: Host, client: HttpClient, tmp_path: Path) -> None:
    path = str(tmp_path / "s")

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        assert b"host: local-tailscaled.sock\r\n" in head.lower()
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
        await writer.drain()
        writer.close()

    server = await asyncio.start_unix_server(serve, path)
    url = "http://local-tailscaled.sock/localapi/v0/derpmap"
    assert (await client.fetch(HttpRequest(url, unix_socket=path))).body == b"ok"
    server.close()
    await server.wait_closed()
    assert (await failure(client, HttpRequest(url, unix_socket=path + "x"))).failure is Failure.REFUSED


class FixedNames:
    """A resolver with given addresses; a family that is missing fails."""

    def __init__(self, names: dict[Family, Sequence[str]]) -> None:
        self._names = names

    async def facts(self) -> ResolverFacts:
        return ResolverFacts()

    async def addresses(self, name: str, family: Family, *, timeout_s: float) -> Sequence[IPAddress]:
        if family not in self._names:
            raise HostError(Failure.NAME_NO_ADDRESS, "no address of this family")
        return [ipaddress.ip_address(text) for text in self._names[family]]


@pytest.mark.parametrize("names", [{4: ["127.0.0.9", "127.0.0.1"]}, {6: ["::1"], 4: ["127.0.0.1"]}])
async def test_the_next_address_is_tried(host: Host, names: dict[Family, Sequence[str]]) -> None:
    async with serving(host, mirror) as at:
        client = HttpClient(replace(host, resolver=FixedNames(names)))
        response = await client.fetch(HttpRequest(f"http://relay.test:{at.port}/"))
    assert response.remote == at
    assert response.timings.dns_s is not None


async def test_the_refusal_of_a_host_says_more_than_a_missing_family(host: Host) -> None:
    client = HttpClient(replace(host, resolver=FixedNames({4: ["127.0.0.9"]})))
    assert (await failure(client, HttpRequest("http://relay.test:1/"))).failure is Failure.REFUSED
    client = HttpClient(replace(host, resolver=FixedNames({})))
    assert (await failure(client, HttpRequest("http://relay.test:1/"))).failure is Failure.NAME_NO_ADDRESS


async def test_a_chosen_source_chooses_the_family(host: Host) -> None:
    client = HttpClient(replace(host, resolver=FixedNames({6: ["::1"], 4: ["127.0.0.1"]})))
    async with serving(host, mirror) as at:
        request = HttpRequest(f"http://relay.test:{at.port}/", source=LOOPBACK)
        assert (await client.fetch(request)).remote == Endpoint(LOOPBACK, at.port)


def test_httpx_is_loaded_at_the_first_request_and_brings_no_rich() -> None:
    code = """
import asyncio, sys
from natscope.host.api import HostError
from natscope.host.http_api import HttpRequest
from natscope.host.real.host import build_real_host
from natscope.web.client import HttpClient
client = HttpClient(build_real_host())
print([m for m in ("httpx", "httpcore", "h11", "anyio") if m in sys.modules])
try:
    asyncio.run(client.fetch(HttpRequest("http://127.0.0.1:1/")))
except HostError:
    pass
print([m for m in ("httpx", "rich", "pygments", "aiodns", "cryptography") if m in sys.modules])
import httpx._main
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines() == ["[]", "['httpx']"]


def test_threads_that_need_it_at_once_get_all_of_it() -> None:
    """A module stands in `sys.modules` before all of it is there."""
    code = (
        "import threading; from natscope.web.client import load_httpx; found = []\n"
        "def one(): found.append(hasattr(load_httpx(), 'InvalidURL'))\n"
        "many = [threading.Thread(target=one) for _ in range(8)]\n"
        "[each.start() for each in many]; [each.join() for each in many]; print(found == [True] * 8)"
    )
    done = [subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True) for _ in range(5)]
    assert {one.stdout for one in done} == {"True\n"}
