"""Relay maps over real sockets on loopback: an HTTP server and a tailscaled stand-in, through the real client."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from natscope.apps.relay_map import load_relay_map
from natscope.errors import CannotMeasure, UserError
from natscope.host.real.host import build_real_host
from natscope.model.relay_map import LoadedMap
from natscope.netcheck.options import MapChoice
from natscope.web.client import HttpClient
from tests.interop.local_api import local_api
from tests.netcheck.map_http import never
from tests.wire.relay_maps import region, written

MAP = written(region(900), region(901))


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/derpmap")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        body = MAP if self.path == "/derpmap" else b"x" * 6_000_000
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body)
        except ConnectionError:
            self.close_connection = True

    def log_message(self, *words: object) -> None:
        """Say nothing."""


@pytest.fixture
def base() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


async def load(choice: MapChoice) -> LoadedMap:
    host = build_real_host()
    host.environ.clear()
    return await load_relay_map(host, HttpClient(host), choice, stdin=never)


@pytest.mark.parametrize("path", ["/derpmap", "/moved"])
async def test_a_map_is_fetched_and_serves_when_its_server_has_gone(base: str, path: str, tmp_path: Path) -> None:
    choice = MapChoice(where=base + path, cache_dir=str(tmp_path))
    loaded = await load(choice)
    assert (len(loaded.relay_map.regions), loaded.cached_age_s, loaded.warning) == (2, None, "")
    kept = await load(MapChoice(where=base + path, cache_dir=str(tmp_path), offline=True))
    assert kept.relay_map == loaded.relay_map
    assert kept.cached_age_s is not None


async def test_an_endless_answer_is_cut(base: str) -> None:
    with pytest.raises(UserError, match="larger than 4"):
        await load(MapChoice(where=base + "/big"))


async def test_nobody_there() -> None:
    with pytest.raises(CannotMeasure, match=r"cannot fetch the relay map http://127\.0\.0\.1:9/: "):
        await load(MapChoice(where="http://127.0.0.1:9/", timeout_s=2))


async def test_the_map_of_a_running_daemon(tmp_path: Path) -> None:
    tree = {"Regions": {"900": region(900)}}
    with local_api(tmp_path / "ts.sock", tree) as socket:
        loaded = await load(MapChoice(socket=str(socket)))
    assert (loaded.kind, loaded.source, loaded.relay_map.regions[0].region_code) == ("localapi", "tailscaled", "r900")
    with pytest.raises(CannotMeasure, match=r"tailscaled at .* does not answer"):
        await load(MapChoice(socket=str(tmp_path / "ts.sock")))
