"""An `Http` that answers from a table, and a host that is nothing but a clock: what a map source asks of the world."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

from natscope.host.api import Failure, Host, HostError
from natscope.host.http_api import HttpRequest, HttpResponse, HttpTimings

Answer = bytes | int | HostError | HttpResponse


class TableHttp:
    """`answers` by URL: a body (cut at the asked size), a status, a failure. Requests are kept in `asked`."""

    def __init__(self, answers: dict[str, Answer] | None = None) -> None:
        self.answers = answers or {}
        self.asked: list[HttpRequest] = []

    async def fetch(self, request: HttpRequest) -> HttpResponse:
        self.asked.append(request)
        answer = self.answers.get(request.url, HostError(Failure.REFUSED, f"{request.url}: nothing listens there"))
        if isinstance(answer, HostError):
            raise answer
        if isinstance(answer, HttpResponse):
            return answer
        body = answer if isinstance(answer, bytes) else b"sorry"
        return HttpResponse(
            status=answer if isinstance(answer, int) else 200,
            headers={},
            body=body[: request.max_bytes],
            truncated=len(body) > request.max_bytes,
            timings=HttpTimings(),
            remote=None,
            tls=None,
            url=request.url,
        )


class SetClock:
    """A wall clock that stands until it is moved."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)

    def utc(self) -> datetime:
        return self.time

    def pass_(self, **duration: float) -> None:
        self.time += timedelta(**duration)


def host_with(clock: SetClock | None = None, *, system: str = "Linux") -> Host:
    """Anything else that is asked of it is an error."""
    return cast("Host", SimpleNamespace(clock=clock or SetClock(), identity=SimpleNamespace(os=system)))


def stdin_of(data: bytes) -> Callable[[int], bytes]:
    return lambda count: data[:count]


def never(*_args: Any) -> Any:
    raise AssertionError("nobody may ask this")
