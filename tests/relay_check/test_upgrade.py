"""Proxies in front of a relay that break the upgrade, told from those that do not reach it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from natscope.diagnosis.causes.ctl import ctl_04_upgrade_eaten
from natscope.host.api import Host, ServerTls, Stream
from natscope.model.derp_check import StepName, StepState
from natscope.model.endpoint import Endpoint
from natscope.model.finding import Certainty, Severity
from natscope.model.tri import Tri
from natscope.web.server import HttpServer, ServerRequest, ServerResponse
from tests.relay_check.world import Planted, Relays, found


def answering(status: int, probe: int = 200) -> Any:
    """A web server in front that never upgrades."""

    async def front(host: Host, at: Endpoint, tls: ServerTls) -> None:
        async def page(request: ServerRequest) -> ServerResponse:
            known = (("server", "nginx/1.22.1"), ("location", "https://elsewhere.test/"))
            return ServerResponse(probe if request.path == "/derp/probe" else status, headers=known)

        await HttpServer(host, page).listen(at, tls=tls)

    return front


async def mute(host: Host, at: Endpoint, tls: ServerTls) -> None:
    """A proxy that says 101 and keeps everything after it."""

    async def handle(stream: Stream) -> None:
        await stream.read(65_536)
        await stream.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: DERP\r\nConnection: Upgrade\r\n\r\n")
        await asyncio.sleep(60)

    await host.streams.listen(at, handle, tls=tls)


async def keeps_what_follows(host: Host, at: Endpoint, tls: ServerTls) -> None:
    """The same, in front of a relay whose pages it does pass on."""

    async def handle(stream: Stream) -> None:
        if b" /derp/probe " in await stream.read(65_536):
            await stream.write(b"HTTP/1.1 200 OK\r\nServer: Caddy\r\nContent-Length: 0\r\n\r\n")
            return
        await stream.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: DERP\r\nConnection: Upgrade\r\n\r\n")
        await asyncio.sleep(60)

    await host.streams.listen(at, handle, tls=tls)


IN_FRONT = "something in front (nginx/1.22.1) breaks the upgrade to DERP."


@pytest.mark.parametrize(
    ("front", "cause", "title", "says"),
    [
        (answering(426), "NS-CTL-04", IN_FRONT, "HTTP 426 instead of 101"),
        (answering(426, 500), "NS-CTL-04", IN_FRONT, "HTTP 426 instead of 101"),
        (answering(400), "NS-CTL-04", IN_FRONT, "HTTP 400 instead of 101"),
        (answering(500), "NS-CTL-04", IN_FRONT, "HTTP 500 instead of 101"),
        (answering(301), "NS-CTL-04", IN_FRONT, "HTTP 301 instead of 101"),
        (
            answering(502, 502), "NS-REL-18", "the web server in front (nginx/1.22.1) does not reach the relay.",
            "HTTP 502 instead of 101",
        ),
        (
            answering(404, 404), "NS-REL-18", "another web server (nginx/1.22.1) answers there, no relay.",
            "HTTP 404 instead of 101",
        ),
        (
            answering(301, 301), "NS-REL-18", "another web server (nginx/1.22.1) answers there, no relay.",
            "HTTP 301 instead of 101",
        ),
        (
            answering(400, 400), "NS-REL-18", "no relay comes of the connection (nginx/1.22.1).",
            "HTTP 400 instead of 101",
        ),
        (mute, "NS-REL-18", "something in front breaks the upgrade to DERP.", "101, then nothing"),
        (keeps_what_follows, "NS-CTL-04", IN_FRONT.replace("nginx/1.22.1", "Caddy"), "101, then nothing"),
    ],
    ids=["426", "426, no page", "400", "500", "301", "502", "404", "301, no page", "400, no page", "mute", "buffers"],
)  # fmt: skip
def test_a_proxy_that_breaks_the_upgrade(front: Any, cause: str, title: str, says: str) -> None:
    check = Relays(Planted(front=front)).check()
    (finding,) = check.findings
    assert (finding.id, finding.severity) == (cause, Severity.FAIL)
    assert finding.title == f"1a: {title}"
    upgrade, tls = (check.nodes[0].step(name) for name in (StepName.UPGRADE, StepName.TLS))
    assert (upgrade.state, upgrade.says, tls.state) == (StepState.FAIL, says, StepState.OK)
    assert check.nodes[0].relays is Tri.NO
    if cause == "NS-CTL-04":
        assert finding.certainty is Certainty.LIKELY
        assert "pass Upgrade and Connection on" in finding.fixes[0].do
        lines = ctl_04_upgrade_eaten.__doc__ or ""
        assert "proxy_set_header Upgrade" in lines
        assert "Caddy" in lines


def test_the_same_request_without_it_and_another_relay_make_it_certain() -> None:
    check = Relays(Planted(front=answering(426)), Planted(region=2)).check()
    finding = found(check)["NS-CTL-04"]
    assert finding.certainty is Certainty.CERTAIN
    assert "without Upgrade it gets the same answer" in finding.detail
    kinds = {o.id: o.kind for o in check.observations}
    assert {kinds[name] for name in finding.evidence} == {"derp.connect", "derp.page", "derp.left-out"}
    assert {o.node for o in check.observations if o.id in finding.evidence} == {"1a", "2b"}


def test_an_answer_of_its_own_to_the_upgrade_is_not_certain() -> None:
    """It reads what asks for the upgrade and refuses it: a rule, a relay that is broken itself."""

    async def front(host: Host, at: Endpoint, tls: ServerTls) -> None:
        async def page(request: ServerRequest) -> ServerResponse:
            if request.path == "/derp/probe":
                return ServerResponse(200)
            return ServerResponse(400 if request.headers.get("upgrade") else 426)

        await HttpServer(host, page).listen(at, tls=tls)

    check = Relays(Planted(front=front), Planted(region=2)).check()
    finding = found(check)["NS-CTL-04"]
    assert finding.certainty is Certainty.LIKELY
    assert "the same answer" not in finding.detail


def test_without_a_fault_nothing_is_asked_again() -> None:
    check = Relays(Planted()).check()
    assert not [o for o in check.observations if o.kind == "derp.left-out"]
