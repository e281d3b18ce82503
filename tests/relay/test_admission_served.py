"""A running relay asks a stand-in for a control server, and one for a tailscaled, about real clients."""

from __future__ import annotations

import contextlib
import json
import os
import socketserver
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from natscope.relay.config import AdmissionConfig, RelayConfig
from natscope.wire.keys import PrivateKey, key_text
from tests.relay import served
from tests.relay.derp_client import DerpClient

KNOWN = PrivateKey(bytes(range(32)))


class _Handler(BaseHTTPRequestHandler):
    """`/verify` as a control server has it, `whois` as a tailscaled does; both know one key."""

    server: Any

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append(asked)
        self.answer(200, json.dumps({"Allow": asked["NodePublic"] == key_text(KNOWN.public)}).encode())

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        known = self.path == f"/localapi/v0/whois?addr={key_text(KNOWN.public)}"
        self.answer(200 if known else 404, b"{}" if known else b"no match for IP:port\n")

    def answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def address_string(self) -> str:
        return "unix"

    def log_message(self, *words: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def asking(server: Any) -> Iterator[Any]:
    server.asked = []
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def control() -> Any:
    return asking(socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Handler))


def tailscaled(folder: Path) -> Any:
    return asking(socketserver.ThreadingUnixStreamServer(str(folder / "s"), _Handler))


def relay_with(admission: AdmissionConfig) -> contextlib.AbstractContextManager[Any]:
    return served.in_thread(RelayConfig(listen=(served.LOOPBACK,), drain_s=0.0, admission=admission))


def is_let_in(running: Any, private: PrivateKey) -> bool:
    try:
        client = DerpClient(running.ready.listen[0], private=private)
    except (StopIteration, ConnectionError):
        return False
    client.packet(client, b"to myself")
    assert client.packets(1) == [b"to myself"]
    client.close()
    return True


def test_a_control_server_says_who() -> None:
    with control() as server, relay_with(AdmissionConfig(url=url_of(server))) as running:
        assert is_let_in(running, KNOWN)
        assert is_let_in(running, KNOWN)
        assert not is_let_in(running, PrivateKey(os.urandom(32)))
        assert server.asked[0] == {"NodePublic": key_text(KNOWN.public), "Source": "127.0.0.1"}
        assert len(server.asked) == 2  # the second time was remembered


def url_of(server: Any) -> str:
    return f"http://127.0.0.1:{server.server_address[1]}/verify"


@pytest.mark.parametrize("fail_open", [False, True])
def test_a_control_server_that_is_down(fail_open: bool) -> None:
    """Who was let in a moment ago still is; newcomers are what the setting says, closed unless it is set."""
    with control() as server:
        url = url_of(server)
        running_with = relay_with(AdmissionConfig(url=url, fail_open=fail_open))
        running = running_with.__enter__()
        assert is_let_in(running, KNOWN)
    try:
        assert is_let_in(running, KNOWN)
        assert is_let_in(running, PrivateKey(os.urandom(32))) is fail_open
    finally:
        running_with.__exit__(None, None, None)


def test_a_tailscaled_says_who(tmp_path: Path) -> None:
    with tailscaled(tmp_path) as server:
        admission = AdmissionConfig(tailscaled=True, socket=str(tmp_path / "s"))
        with relay_with(admission) as running:
            assert is_let_in(running, KNOWN)
            assert not is_let_in(running, PrivateKey(os.urandom(32)))
            assert server.asked[0] == f"/localapi/v0/whois?addr={key_text(KNOWN.public)}"


def test_both_must_say_yes_and_a_tailscaled_that_is_down_says_no(tmp_path: Path) -> None:
    with control() as server:
        admission = AdmissionConfig(url=url_of(server), tailscaled=True, socket=str(tmp_path / "s"), fail_open=True)
        with relay_with(admission) as running:
            assert not is_let_in(running, KNOWN)
            assert server.asked == []
