"""Heads that could be read in two ways are refused, whatever h11 makes of them."""

from __future__ import annotations

import h11
import pytest

from natscope.errors import RemoteError
from natscope.machines.derp.http_head import check_head, request_of


def head(target: str = "/", *headers: tuple[str, str]) -> h11.Request:
    return h11.Request(method="GET", target=target, headers=[("Host", "r"), *headers])


@pytest.mark.parametrize(
    "request_head",
    [
        head("/", ("Content-Length", "5"), ("Transfer-Encoding", "chunked")),
        head("/derp", ("Upgrade", "DERP"), ("Content-Length", "5")),
        head("/derp", ("Upgrade", "DERP"), ("Transfer-Encoding", "chunked")),
        head("http://[::1"),
        head("//["),
    ],
)
def test_refused(request_head: h11.Request) -> None:
    with pytest.raises(RemoteError):
        check_head(request_head)


def test_taken() -> None:
    check_head(head("/a?b=c", ("Content-Length", "5")))
    check_head(head("/derp", ("Upgrade", "DERP"), ("Content-Length", "0")))
    check_head(head("http://r/derp", ("Upgrade", "DERP")))


def test_the_first_of_a_repeated_header_wins() -> None:
    request = request_of(head("/a?b=c", ("X-A", "1"), ("x-a", "2")), encrypted=True)
    assert (request.method, request.path, request.query("b"), request.headers["x-a"], request.encrypted) == (
        "GET",
        "/a",
        "c",
        "1",
        True,
    )
