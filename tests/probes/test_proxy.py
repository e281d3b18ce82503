"""A relay behind the proxy of the environment: stage by stage, and hostile proxies bounded."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from natscope.host.api import Host, ResolverFacts, Stream
from natscope.host.real.host import build_real_host
from natscope.lab.http_proxy import PASSWORD, USER, HttpProxy
from natscope.model.endpoint import Endpoint, Family, IPAddress
from natscope.model.observation import Observation, Outcome
from natscope.model.tri import Tri
from natscope.netcheck.assemble_web import web_report
from tests.probes.loopback import NAME, Seen, authority, node, run, saying, serving
from tests.web.servers import LOOPBACK

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"


class Names:
    """The proxy's own view of names."""

    async def facts(self) -> ResolverFacts:
        return ResolverFacts()

    async def addresses(self, name: str, family: Family, *, timeout_s: float) -> list[IPAddress]:
        return [LOOPBACK]


@pytest.fixture
def host() -> Host:
    return replace(build_real_host(), resolver=Names())


async def through(port: int, relay: int, tmp_path: Path, *, credentials: str = "", **options: Any) -> Seen:
    issued = authority(tmp_path, build_real_host()).issue("good", [NAME])
    environ = {"HTTPS_PROXY": f"http://{credentials}127.0.0.1:{port}"}
    return await run("proxy", "proxy.connect", node(relay, issued), environ=environ, **options)


async def answer_of(serve: object, tmp_path: Path, **options: Any) -> Observation:
    async with serving(build_real_host(), serve) as port:  # type: ignore[arg-type]
        return (await through(port, 9, tmp_path, **options)).one


@pytest.mark.parametrize(
    ("with_password", "credentials", "status"), [(False, "", 200), (True, "", 407), (True, f"{USER}:{PASSWORD}@", 200)]
)
async def test_a_relay_behind_a_proxy(
    host: Host, tmp_path: Path, with_password: bool, credentials: str, status: int
) -> None:
    proxy = HttpProxy(host, with_password)
    listener = await proxy.listen(Endpoint(LOOPBACK, 0))
    issued = authority(tmp_path, host).issue("good", [NAME])
    environ = {"HTTPS_PROXY": f"http://{credentials}127.0.0.1:{listener.local.port}"}
    async with serving(host, saying(OK), issued.files) as relay:
        seen = await run("proxy", "proxy.connect", node(relay, issued), environ=environ)
    await listener.close()
    assert (seen.one.data["proxy_status"], proxy.counts) == (status, {status: 1})
    assert PASSWORD not in str(seen.record)
    report = web_report(seen.record.observations, vendor=False)
    assert report is not None
    good = status == 200
    assert (report.proxy, report.relay_by_proxy) == (Tri.of(good), Tri.of(good))
    assert report.proxy_status == (None if good else 407)


async def test_a_proxy_that_cannot_get_there(host: Host, tmp_path: Path) -> None:
    listener = await HttpProxy(host).listen(Endpoint(LOOPBACK, 0))
    seen = (await through(listener.local.port, 1, tmp_path)).one
    await listener.close()
    assert (seen.outcome, seen.error, seen.data["proxy_status"]) == (Outcome.REFUSED, "proxy-status", 502)


async def test_a_proxy_that_is_not_there(tmp_path: Path) -> None:
    seen = (await through(1, 9, tmp_path)).one
    assert (seen.outcome, seen.error, seen.data["step"]) == (Outcome.REFUSED, "refused", "proxy")


async def _endless(stream: Stream) -> None:
    await stream.read(4096)
    await stream.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        await stream.write(b"x-more: " + b"y" * 1000 + b"\r\n")


async def _slowly(stream: Stream) -> None:
    for byte in b"HTTP/1.1 200 OK\r\nx: " + b"y" * 4000:
        await stream.write(bytes([byte]))
        await asyncio.sleep(0.02)


async def _chatty(stream: Stream) -> None:
    """Lets through, and answers whatever comes with words."""
    await stream.read(4096)
    await stream.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while await stream.read(4096):
        await stream.write(b"this is no TLS, it goes on and on")


async def _silent(stream: Stream) -> None:
    await asyncio.sleep(60)


@pytest.mark.parametrize(
    ("serve", "outcome", "error"),
    [
        (saying(b"SSH-2.0-OpenSSH_9.2\r\n"), Outcome.WRONG, "not-http"),
        (_endless, Outcome.WRONG, "not-http"),
        (_slowly, Outcome.NO_ANSWER, "timeout"),
        (_silent, Outcome.NO_ANSWER, "timeout"),
        (_chatty, Outcome.REFUSED, "tls"),
    ],
)
async def test_hostile_proxies_are_bounded(serve: object, outcome: Outcome, error: str, tmp_path: Path) -> None:
    seen = await answer_of(serve, tmp_path, timeout_s=1.2)
    assert (seen.outcome, seen.error) == (outcome, error)


async def test_settings_are_named_and_nobody_is_asked_without_a_proxy() -> None:
    environ = {"ALL_PROXY": "socks5://me:pw@socks.test:1080", "http_proxy": "http://web.test", "no_proxy": "relay.test"}
    seen = await run("proxy", "proxy.settings", node(9), environ=environ)
    assert seen.one.data["environment"] == [
        {"variable": "http_proxy", "url": "http://web.test:80", "usable": True},
        {"variable": "ALL_PROXY", "url": "socks5://socks.test:1080", "usable": False},
    ]
    assert (seen.one.data["exempt"], seen.one.data["applies"]) == ("relay.test", False)
    assert [o.kind for o in seen.record.observations if o.kind == "proxy.connect"] == []
