"""TLS and HTTP by the product's own client and server, in simulations: right chains pass, wrong ones do not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from natscope.host.api import Failure, Host, HostError, ServerTls, Stream, TlsOptions
from natscope.host.http_api import HttpRequest
from natscope.model.endpoint import Endpoint, IPAddress
from natscope.sim.authority import Issued
from natscope.sim.binding import UNSPECIFIED
from natscope.sim.link import LinkSpec
from natscope.sim.topology import Network
from natscope.web.client import HttpClient
from natscope.web.server import HttpServer, ServerRequest, ServerResponse
from tests.host.contract import failure_of
from tests.sim.ends import address
from tests.sim.running import echoing, this_network

NAME = "server.test"
YEARS_S = 365 * 86_400.0


async def hello(request: ServerRequest) -> ServerResponse:
    return ServerResponse(200, f"hello {request.remote.ip} on {request.path}".encode())


@asynccontextmanager
async def serving(host: Host, tls: ServerTls | None, port: int) -> AsyncIterator[HttpServer]:
    server = HttpServer(host, hello)
    listener = await server.listen(Endpoint(UNSPECIFIED[4], port), tls=tls)
    try:
        yield server
    finally:
        await listener.close()


def behind_nat(net: Network) -> tuple[Host, Host]:
    internet = net.internet()
    home = net.nat("home", at=internet, kind="symmetric-random")
    return net.host("client", at=home), net.host("server", at=internet)


@pytest.mark.parametrize(("scheme", "port"), [("http", 80), ("https", 443)])
async def test_a_page_comes_by_name_through_a_nat(scheme: str, port: int) -> None:
    net = this_network()
    client, server = behind_nat(net)
    tls = net.authority.issue([NAME]).files if scheme == "https" else None
    async with serving(server, tls, port):
        response = await HttpClient(client).fetch(HttpRequest(f"{scheme}://{NAME}/page"))
    assert response.status == 200
    up = net.sites["home"].up
    assert up is not None
    assert response.body == f"hello {up.address(4)} on /page".encode()
    round_trip = 2 * (0.0005 + 0.005 + 0.005)
    assert response.timings.dns_s == pytest.approx(round_trip)
    assert response.timings.connect_s == pytest.approx(round_trip)
    assert response.timings.request_s == pytest.approx(round_trip)
    assert (response.timings.tls_s or round_trip) == pytest.approx(round_trip)  # TLS 1.3: one round trip
    net.close()


async def test_a_megabyte_over_tls_on_a_rough_line(seed: int) -> None:
    net = this_network(seed)
    internet = net.internet()
    rough = LinkSpec(latency_s=0.01, jitter_s=0.01, loss=0.03, reordering=0.05, rate_bps=50e6)
    client, server = net.host("client", at=internet, link=rough), net.host("server", at=internet)
    data = client.rng.bytes(1 << 20)

    async def give(stream: Stream) -> None:
        await stream.write(data)

    listener = await server.streams.listen(Endpoint(address(server), 443), give, tls=net.authority.issue([NAME]).files)
    stream = await client.streams.connect(listener.local, timeout_s=60)
    await stream.start_tls(TlsOptions(NAME))
    got = bytearray()
    while part := await stream.read(100_000):
        got += part
    assert bytes(got) == data
    net.close()


def wrong_certificates(net: Network) -> dict[str, Issued]:
    authority = net.authority
    return {
        "expired": authority.issue([NAME], expired=True),
        "other name": authority.issue(["elsewhere.test"]),
        "self-signed": authority.issue([NAME], self_signed=True),
    }


@pytest.mark.parametrize("what", ["expired", "other name", "self-signed"])
async def test_wrong_certificates_are_refused(what: str) -> None:
    net = this_network()
    client, server = behind_nat(net)
    async with echoing(server, 443, wrong_certificates(net)[what].files):
        stream = await client.streams.connect(Endpoint(server_address(net), 443), timeout_s=5)
        assert await failure_of(stream.start_tls(TlsOptions(NAME))) is Failure.CERTIFICATE
        again = await client.streams.connect(Endpoint(server_address(net), 443), timeout_s=5)
        await again.start_tls(TlsOptions(NAME, verify=False))
        assert again.tls is not None
        assert again.tls.version == "TLSv1.3"
    net.close()


def server_address(net: Network) -> IPAddress:
    return address(net.hosts["server"])


@pytest.mark.parametrize("years", [-30, 90])
async def test_a_wrong_clock_makes_right_certificates_wrong(years: int) -> None:
    net = this_network()
    client, server = behind_nat(net)
    net.hosts["client"].wall.wrong_by_s = years * YEARS_S
    async with echoing(server, 443, net.authority.issue([NAME]).files):
        stream = await client.streams.connect(Endpoint(server_address(net), 443), timeout_s=5)
        with pytest.raises(HostError, match=r"clock right|expired") as caught:
            await stream.start_tls(TlsOptions(NAME))
        assert caught.value.failure is Failure.CERTIFICATE
    net.close()


async def test_a_pin_replaces_the_chain() -> None:
    net = this_network()
    client, server = behind_nat(net)
    issued = net.authority.issue([NAME], self_signed=True)
    async with echoing(server, 443, issued.files):
        stream = await client.streams.connect(Endpoint(server_address(net), 443), timeout_s=5)
        await stream.start_tls(TlsOptions(NAME, pin_sha256=issued.pin))
        await stream.write(b"hello")
        assert await stream.read(10) == b"hello"
        other = await client.streams.connect(Endpoint(server_address(net), 443), timeout_s=5)
        assert await failure_of(other.start_tls(TlsOptions(NAME, pin_sha256="0" * 64))) is Failure.CERTIFICATE
    net.close()


async def test_plain_text_is_no_tls() -> None:
    net = this_network()
    client, server = behind_nat(net)

    async def shout(stream: Stream) -> None:
        await stream.read(10)
        await stream.write(b"220 mail.test ESMTP\r\n")
        await asyncio.sleep(1)

    listener = await server.streams.listen(Endpoint(UNSPECIFIED[4], 25), shout)
    stream = await client.streams.connect(Endpoint(server_address(net), 25), timeout_s=5)
    assert await failure_of(stream.start_tls(TlsOptions(NAME))) is Failure.TLS
    await listener.close()
    net.close()


def test_the_authority_issues_the_same_in_every_run() -> None:
    pins = []
    for seed in (1, 1, 2):
        with Network(seed) as net:
            pins.append(net.authority.issue([NAME]).pin)
    assert pins[0] == pins[1] != pins[2]
