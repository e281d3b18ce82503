"""HTTP with a router: its limits, and that nothing but the gateway is ever asked."""

from __future__ import annotations

from collections.abc import Generator
from ipaddress import IPv4Address

from natscope.host.api import Failure, HostError
from natscope.host.http_api import HttpRequest, HttpResponse, HttpTimings
from natscope.machines.portmap_client.igd_client import Failed, Fetch, Fetched, describe
from natscope.portmap.conversation import MAX_REQUESTS, REQUEST_S, Conversation
from natscope.wire.portmap.bounded_xml import MAX_BYTES

GATEWAY = IPv4Address("192.168.1.1")
PLACE = "http://192.168.1.1:5000/d.xml"


class Clock:
    def __init__(self) -> None:
        self.at = 0.0

    def now(self) -> float:
        return self.at


class Web:
    """Answers everything alike, and keeps what was asked."""

    def __init__(self, status: int = 200, body: bytes = b"", *, truncated: bool = False, location: str = "") -> None:
        headers = {"location": location} if location else {}
        self.answer = HttpResponse(status, headers, body, truncated, HttpTimings(), None, None, "", 100, len(body))
        self.asked: list[HttpRequest] = []
        self.failure: Failure | None = None

    async def fetch(self, request: HttpRequest) -> HttpResponse:
        self.asked.append(request)
        if self.failure is not None:
            raise HostError(self.failure, "no")
        return self.answer


async def hold(web: Web, location: str = PLACE, until: float = 5.0) -> object:
    talk = Conversation(web, Clock(), "eth0")  # type: ignore[arg-type]
    return await talk.hold(describe(location, GATEWAY), until)


async def test_a_redirect_is_not_followed() -> None:
    web = Web(302, location="http://198.51.100.66/evil.xml")
    failed = await hold(web)
    assert isinstance(failed, Failed)
    assert "302" in failed.words
    assert [(r.url, r.redirects, r.proxy) for r in web.asked] == [(PLACE, 0, False)]


async def test_another_host_is_never_asked() -> None:
    web = Web(404)
    await hold(web, "http://198.51.100.66:80/steal?cookie=1")
    assert [r.url for r in web.asked] == ["http://192.168.1.1/steal?cookie=1"]
    assert all(r.interface == "eth0" for r in web.asked)


async def test_more_bytes_than_allowed_are_refused() -> None:
    web = Web(200, b"<root>" + b"x" * MAX_BYTES, truncated=True)
    failed = await hold(web)
    assert isinstance(failed, Failed)
    assert "more than" in failed.words
    assert web.asked[0].max_bytes == MAX_BYTES


async def test_time_is_bounded_for_each_request_and_for_all() -> None:
    web = Web(404)
    await hold(web, until=0.3)
    assert web.asked[0].timeout_s == 0.3
    await hold(web, until=50)
    assert web.asked[1].timeout_s == REQUEST_S
    failed = await hold(web, until=0.0)
    assert failed == Failed("its description: the time was up")
    assert len(web.asked) == 2


async def test_failures_are_words() -> None:
    web = Web()
    web.failure = Failure.REFUSED
    assert await hold(web) == Failed("its description: refused")


async def test_a_talk_without_end_is_ended() -> None:
    def endless() -> Generator[Fetch, Fetched, int]:
        number = 0
        while True:
            answer = yield Fetch(PLACE)
            number += 1
            if answer.failure:
                return number

    web = Web()
    talk = Conversation(web, Clock(), "")  # type: ignore[arg-type]
    assert await talk.hold(endless(), 5.0) == MAX_REQUESTS + 1
    assert talk.requests == len(web.asked) == MAX_REQUESTS
