"""The names of /bootstrap-dns, looked up beside a running relay."""

from __future__ import annotations

from natscope.relay.config import RelayConfig
from tests.relay import served
from tests.relay.drivers import wait_for


def test_names_are_looked_up_and_unlisted_ones_kept_apart() -> None:
    config = RelayConfig(listen=(served.LOOPBACK,), drain_s=0.0, names=("localhost",), unlisted_names=("localhost",))
    with served.in_thread(config) as running:
        pages = running.service.front.pages
        wait_for(lambda: "localhost" in pages.names)
        assert "127.0.0.1" in pages.names["localhost"]
        assert list(pages.names) == ["localhost"]
        assert list(pages.unlisted) == ["localhost"]
