"""Paths and queries of requests."""

from __future__ import annotations

from natscope.machines.derp.http_request import Request


def test_path_and_query() -> None:
    request = Request("GET", "/bootstrap-dns?q=a.test&q=b.test", {}, True)
    assert (request.path, request.query("q"), request.query("x")) == ("/bootstrap-dns", "a.test", "")
    assert Request("GET", "", {}, True).path == "/"
