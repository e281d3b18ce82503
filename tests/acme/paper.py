"""A host with a clock that jumps, the ACME server on paper behind HTTP, and challenges that only remember."""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import UTC, datetime, timedelta

from natscope.errors import NatscopeError
from natscope.host.api import Failure, Host, HostError
from natscope.host.http_api import HttpRequest, HttpResponse, HttpTimings
from natscope.host.real.host import build_real_host
from natscope.machines.acme.dialogue import Ask, PutUp
from tests.machines.acme.fake_server import FakeAcme

START = datetime(2026, 1, 1, tzinfo=UTC)


class JumpingClock:
    """Sleeping takes no time and moves the clock."""

    def __init__(self) -> None:
        self.passed_s = 0.0

    def now(self) -> float:
        return self.passed_s

    def utc(self) -> datetime:
        return START + timedelta(seconds=self.passed_s)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)
        self.passed_s += max(0.0, seconds)


class MiddleRng:
    """Always the same: half of every range."""

    def bytes(self, count: int) -> bytes:
        return bytes(range(count))

    def below(self, limit: int) -> int:
        return limit // 2


def paper_host(clock: JumpingClock | None = None) -> tuple[Host, JumpingClock]:
    clock = clock or JumpingClock()
    return dataclasses.replace(build_real_host(), clock=clock, rng=MiddleRng()), clock


class PaperHttp:
    """Hands requests to the server on paper; `is_down` fails them."""

    def __init__(self, server: FakeAcme) -> None:
        self.server = server
        self.requests: list[HttpRequest] = []
        self.is_down = False

    def go_down(self, kind: str) -> str:
        """A proof after which nobody is reached."""
        self.is_down = True
        return ""

    async def fetch(self, request: HttpRequest) -> HttpResponse:
        self.requests.append(request)
        if self.is_down:
            raise HostError(Failure.REFUSED, "acme.test: the connection was refused")
        answer = self.server.answer(Ask(request.method, request.url, request.body))
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return HttpResponse(answer.status, headers, answer.body, False, HttpTimings(), None, None, request.url)


class Remembered:
    """Challenges that were put up; `refuses` is raised instead."""

    def __init__(self) -> None:
        self.shown: list[PutUp] = []
        self.up: list[PutUp] = []
        self.refuses: NatscopeError | None = None

    async def put_up(self, challenge: PutUp) -> None:
        if self.refuses is not None:
            raise self.refuses
        self.shown.append(challenge)
        self.up.append(challenge)

    def take_down(self, challenge: PutUp) -> None:
        if challenge in self.up:
            self.up.remove(challenge)
