"""A tailscaled as a source: the exact questions, its answers, and a daemon that is absent, strange or says no."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from natscope.errors import CannotMeasure, NatscopeError, RefusedError
from natscope.host.api import Failure, HostError
from natscope.host.http_api import HttpResponse, HttpTimings
from natscope.host.real.host import build_real_host
from natscope.mesh.source import MeshSource, PingKind
from natscope.tailscaled.client import LOCAL_HOST
from natscope.tailscaled.daemon import NO_ANSWER, Daemon
from natscope.web.client import HttpClient
from natscope.wire.local_api import status as status_form
from tests.netcheck.map_http import Answer, TableHttp, host_with
from tests.wire.local_api.recorded import body

BASE = f"http://{LOCAL_HOST}/localapi/v0/"
STATUS, PING = "status", "ping?ip=100.64.0.2&type=TSMP"
CHANGES = "debug-peer-endpoint-changes?ip=100.64.0.2"


def daemon(what: str, answer: Answer) -> tuple[Daemon, TableHttp]:
    http = TableHttp({BASE + what: answer})
    return Daemon(http, "/run/t.sock"), http


async def test_status() -> None:
    source, http = daemon(STATUS, body("status.http"))
    seam: MeshSource = source
    assert seam.notices() is None  # no host, so nothing to listen with
    assert len((await seam.status()).peers) == 3
    (request,) = http.asked
    assert (request.method, request.unix_socket, request.max_bytes) == ("GET", "/run/t.sock", status_form.MAX_BYTES)
    assert dict(request.headers) == {"host": "local-tailscaled.sock"}
    source, _ = daemon("status?peers=false", body("status-nopeers.http"))
    assert (await source.status(peers=False)).peers == ()


async def test_ping_by_kind_and_size() -> None:
    source, http = daemon(PING, body("ping-tsmp.http"))
    answer = await source.ping("100.64.0.2", PingKind.TSMP, timeout_s=2.5)
    assert (answer.node_name, answer.error) == ("node-b", "")
    assert (http.asked[0].method, http.asked[0].timeout_s) == ("POST", 2.5)
    source, _ = daemon("ping?ip=100.64.0.2&type=disco&size=1200", body("ping-size.http"))
    assert (await source.ping("100.64.0.2", PingKind.DISCO, timeout_s=1, size=1200)).node_name == "node-b"


async def test_a_ping_without_answer_is_no_error_of_the_daemon() -> None:
    source, _ = daemon(PING, HostError(Failure.TIMEOUT, "time is up"))
    assert (await source.ping("100.64.0.2", PingKind.TSMP, timeout_s=1)).error == NO_ANSWER


async def test_history_and_counters_where_the_daemon_has_them() -> None:
    source, _ = daemon(CHANGES, body("peer-endpoint-changes.http"))
    changes = await source.path_changes("100.64.0.2")
    assert changes is not None
    assert changes[0].what == "updateFromNode-DERP"
    source, _ = daemon("usermetrics", body("usermetrics.http"))
    traffic = await source.traffic()
    assert traffic is not None
    assert traffic["derp"].bytes_in == 936
    assert await daemon(CHANGES, 404)[0].path_changes("100.64.0.2") is None
    assert await daemon("usermetrics", 404)[0].traffic() is None
    assert await daemon("usermetrics", 403)[0].traffic() is None  # 1.76: a debug flag


@pytest.mark.parametrize(
    ("answer", "kind", "words", "hint"),
    [
        (403, RefusedError, "does not allow this to you: sorry", "sudo"),
        (404, RefusedError, "answers 404", ""),
        (500, RefusedError, "answers 500", ""),
        (b"<html>", RefusedError, "no JSON", "is this the socket of a tailscaled?"),
        (HostError(Failure.PERMISSION, "no"), CannotMeasure, "may not be asked by you", "sudo"),
        (HostError(Failure.REFUSED, "refused"), CannotMeasure, "does not run: refused", "systemctl start tailscaled"),
        (HostError(Failure.OTHER, "no such file"), CannotMeasure, "does not run: no such file", "name its socket"),
        (HostError(Failure.TIMEOUT, "time"), CannotMeasure, "does not answer", "systemctl restart"),
    ],
)
async def test_one_line_with_what_helps(answer: Answer, kind: type[NatscopeError], words: str, hint: str) -> None:
    source, _ = daemon(STATUS, answer)
    with pytest.raises(kind, match=rf"^tailscaled at /run/t\.sock.*{words}") as caught:
        await source.status()
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("system", "start", "again"),
    [
        ("Darwin", "sudo launchctl start com.tailscale.tailscaled, or", "sudo launchctl kickstart -k "),
        ("FreeBSD", "sudo service tailscaled start, or", "sudo service tailscaled restart"),
        ("Debian GNU/Linux 12", "sudo systemctl start tailscaled, or", "sudo systemctl restart tailscaled"),
    ],
)
async def test_each_system_starts_it_its_own_way(system: str, start: str, again: str) -> None:
    for failure, hint in ((Failure.REFUSED, start), (Failure.TIMEOUT, again)):
        http = TableHttp({BASE + STATUS: HostError(failure, "no")})
        with pytest.raises(CannotMeasure) as caught:
            await Daemon(http, "/run/t.sock", host=host_with(system=system)).status()
        assert caught.value.hint.startswith(hint)


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{", b"\x00" * 70_000])
async def test_whatever_listens_on_the_socket(tmp_path: Path, answer: bytes) -> None:
    async def answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    path = str(tmp_path / "t.sock")
    async with await asyncio.start_unix_server(answers, path):
        with pytest.raises(NatscopeError):
            await Daemon(HttpClient(build_real_host()), path).status()


async def test_nobody_listens(tmp_path: Path) -> None:
    with pytest.raises(CannotMeasure, match="does not run"):
        await Daemon(HttpClient(build_real_host()), str(tmp_path / "none.sock")).status()


async def test_details_of_a_node() -> None:
    source, http = daemon("whois?addr=100.64.0.2%3A0", body("whois.http"))
    details = await source.details("100.64.0.2")
    assert details is not None
    assert details.name == "node-b.lab.internal"
    assert http.asked[0].method == "GET"
    assert await daemon("whois?addr=%5Bfd7a%3A%3A1%5D%3A0", 404)[0].details("fd7a::1") is None


async def test_preferences_and_its_own_checks() -> None:
    assert (await daemon("prefs", body("prefs.http"))[0].prefs()).wants_running is True
    source, _ = daemon("check-ip-forwarding", body("check-ip-forwarding.http"))
    assert (await source.own_warning("check-ip-forwarding") or "").startswith("IP forwarding is disabled")
    assert await daemon("check-udp-gro-forwarding", 404)[0].own_warning("check-udp-gro-forwarding") is None


@pytest.mark.parametrize(
    ("headers", "program", "capability"),
    [
        ({"tailscale-version": "1.56.1", "tailscale-cap": "82"}, "1.56.1", 82),
        ({}, "", None),
        ({"tailscale-version": "x" * 500, "tailscale-cap": "9" * 50}, "x" * 100, None),
    ],
)
async def test_what_the_headers_tell(headers: dict[str, str], program: str, capability: int | None) -> None:
    answer = HttpResponse(200, headers, body("status.http"), False, HttpTimings(), None, None, "")
    source, _ = daemon(STATUS, answer)
    await source.status()
    assert (source.program, source.capability) == (program, capability)
