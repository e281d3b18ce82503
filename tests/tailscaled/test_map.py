"""Asking a running tailscaled: the exact request, its answers, and a daemon that does not behave."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from natscope.errors import CannotMeasure, RefusedError
from natscope.host.api import Failure, HostError
from natscope.host.real.identity import read_identity
from natscope.tailscaled import map as daemon_map
from natscope.tailscaled.client import LOCAL_HOST, MAX_MAP_BYTES, fetch_derp_map
from natscope.tailscaled.map import DaemonMap, ask_tailscaled
from natscope.tailscaled.socket_path import default_socket_paths, is_trusted_socket
from tests.netcheck.map_http import Answer, TableHttp, host_with

URL = f"http://{LOCAL_HOST}/localapi/v0/derpmap"


async def test_the_request() -> None:
    http = TableHttp({URL: b'{"Regions": {}}\n'})
    assert await fetch_derp_map(http, "/run/ts.sock") == b'{"Regions": {}}'
    (request,) = http.asked
    assert (request.method, request.unix_socket, request.max_bytes) == ("GET", "/run/ts.sock", MAX_MAP_BYTES)
    assert dict(request.headers) == {"host": "local-tailscaled.sock"}
    assert not request.proxy
    assert request.redirects == 0


@pytest.mark.parametrize("answer", [b"null", b"null\n", b"", 404])
async def test_no_map(answer: Answer) -> None:
    assert await fetch_derp_map(TableHttp({URL: answer}), "s") is None


@pytest.mark.parametrize(
    ("answer", "words"), [(403, "403: sorry"), (500, "500"), (b"x" * (MAX_MAP_BYTES + 1), "endless")]
)
async def test_a_daemon_that_says_no(answer: Answer, words: str) -> None:
    with pytest.raises(RefusedError, match=words):
        await fetch_derp_map(TableHttp({URL: answer}), "s")


async def test_a_named_socket_must_answer() -> None:
    assert await ask_tailscaled(host_with(), TableHttp({URL: b"{}"}), "/x.sock") == DaemonMap(b"{}")
    with pytest.raises(CannotMeasure, match=r"tailscaled at /x\.sock does not answer: sorry"):
        await ask_tailscaled(host_with(), TableHttp({URL: HostError(Failure.REFUSED, "sorry")}), "/x.sock")


async def test_a_named_socket_without_a_map_is_a_note() -> None:
    answer = await ask_tailscaled(host_with(), TableHttp({URL: b"null"}), "/x.sock")
    assert answer.data is None
    assert answer.note == "tailscaled at /x.sock has no relay map (is it logged in?)"


async def test_the_usual_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(daemon_map, "is_trusted_socket", lambda path: path.endswith("tailscaled.sock"))
    http = TableHttp({URL: b"{}"})
    assert (await ask_tailscaled(host_with(), http)).data == b"{}"
    assert [r.unix_socket for r in http.asked] == ["/var/run/tailscale/tailscaled.sock"]
    answer = await ask_tailscaled(host_with(), TableHttp({URL: HostError(Failure.PERMISSION, "not allowed")}))
    assert answer == DaemonMap(note="tailscaled at /var/run/tailscale/tailscaled.sock does not answer: not allowed")


async def test_no_daemon_is_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(daemon_map, "is_trusted_socket", lambda _path: False)
    http = TableHttp()
    assert await ask_tailscaled(host_with(), http) == DaemonMap()
    assert await ask_tailscaled(host_with(system="Windows"), http) == DaemonMap()
    assert http.asked == []


def test_paths_by_system() -> None:
    assert default_socket_paths("Darwin") == ("/var/run/tailscaled.socket",)
    assert default_socket_paths("Linux")[0] == "/var/run/tailscale/tailscaled.sock"
    assert default_socket_paths("Windows") == ()
    assert default_socket_paths("FreeBSD 14.1-RELEASE") == default_socket_paths("FreeBSD")


def test_a_distribution_is_linux_whatever_it_calls_itself() -> None:
    for name in ("Debian GNU/Linux 12 (bookworm)", "Alpine Linux v3.20", "NixOS 24.05 (Uakari)", "Linux"):
        assert default_socket_paths(name)[0] == "/var/run/tailscale/tailscaled.sock"
    assert default_socket_paths(read_identity().os) != ()


def test_which_sockets_are_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        assert is_trusted_socket(str(path))
        monkeypatch.setattr(os, "getuid", lambda: path.stat().st_uid + 1)
        assert is_trusted_socket(str(path)) == (path.stat().st_uid == 0)
    assert not is_trusted_socket(str(tmp_path))
    assert not is_trusted_socket(str(tmp_path / "missing"))
    assert not is_trusted_socket("a\0b")
