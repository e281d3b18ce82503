"""`derp serve --workers 2`: clients of both processes are clients of one relay."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import trustme

from natscope.model.endpoint import Endpoint
from natscope.wire.derp.frames import (
    ClosePeer,
    ForwardPacket,
    Frame,
    GoneReason,
    NotePreferred,
    PeerGone,
    PeerPresent,
    RecvPacket,
    Restarting,
    WatchConns,
)
from natscope.wire.keys import PrivateKey
from natscope.wire.stun.message import RequestForm, decode, encode_binding_request
from tests.machines.derp.harness import DISCO
from tests.relay import served
from tests.relay.derp_client import DerpClient
from tests.relay.drivers import wait_for
from tests.relay.workers import LIMIT_S, is_running, numbers, pids, two_apart, until_number, worker_of
from tests.stun_server.drivers import ask as ask_stun
from tests.stun_server.drivers import client as stun_client
from tests.stun_server.drivers import end_of

MESH_KEY = bytes(range(32))


@pytest.fixture(scope="module")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[served.Served]:
    """One for most of the tests; each leaves both workers as they were."""
    folder = tmp_path_factory.mktemp("workers")
    (folder / "mesh.key").write_text(MESH_KEY.hex())
    with served.process(
        "--workers", "2", "--metrics", "127.0.0.1:0", "--stun", "127.0.0.1:0",
        "--mesh-key-file", str(folder / "mesh.key"),
    ) as relay:  # fmt: skip
        yield relay


def until(client: DerpClient, wanted: type[Frame]) -> Frame:
    """The next frame of that kind."""
    while not isinstance(frame := client.next(), wanted):
        pass
    return frame


def until_closed(client: DerpClient) -> None:
    """Whatever comes before."""
    with contextlib.suppress(StopIteration, OSError):
        while True:
            client.next()


def test_it_says_how_many_there_are(relay: served.Served) -> None:
    assert relay.ready["workers"] == 2
    assert "2 workers" in relay.ready["words"]
    assert len(pids(relay)) == 2


@pytest.mark.parametrize("size", [0, 1, 1400, 65_536])
def test_packets_cross_between_workers_both_ways_and_in_order(relay: served.Served, size: int) -> None:
    a, b = two_apart(relay, lambda: DerpClient(relay.at))
    packets = [os.urandom(size) for _ in range(20)]
    for one, other in ((a, b), (b, a)):
        one.packet(other, *packets)
        assert other.packets(20) == packets
    a.close()
    b.close()


def test_goodbyes_and_who_is_not_here(relay: served.Served) -> None:
    a, b = two_apart(relay, lambda: DerpClient(relay.at))
    b.packet(a, b"x")
    assert a.packets(1) == [b"x"]
    key = b.key
    b.close()
    assert until(a, PeerGone) == PeerGone(key, GoneReason.DISCONNECTED)
    a.packet(b, DISCO)
    assert until(a, PeerGone) == PeerGone(key, GoneReason.NOT_HERE)
    a.close()


def test_twins_in_different_workers(relay: served.Served) -> None:
    """The newest gets packets, then always the last one that said something."""
    private = PrivateKey(os.urandom(32))
    older, newer = two_apart(relay, lambda: DerpClient(relay.at, private=private))
    sender, beside = two_apart(relay, lambda: DerpClient(relay.at))
    for one in (sender, beside):
        one.packet(newer, b"newest")
        assert newer.packets(1) == [b"newest"]
    assert numbers(relay)["derp_current_dup_client_keys"] == 1
    assert numbers(relay)["derp_clients_local"] == 3
    for speaker in (older, newer, older):
        speaker.send(NotePreferred(True))
        speaker.packet(sender, b"said")  # behind it on every way
        speaker.packet(beside, b"said")
        for one in (sender, beside):
            assert one.packets(1) == [b"said"]
            one.packet(speaker, b"you")
            assert speaker.packets(1) == [b"you"]
    older.close()
    sender.packet(newer, b"the one that is left")
    assert newer.packets(1) == [b"the one that is left"]
    for client in (newer, sender, beside):
        client.close()


def test_a_mesh_peer_sees_forwards_to_and_closes_clients_of_all_workers(relay: served.Served) -> None:
    a, b = two_apart(relay, lambda: DerpClient(relay.at))
    mesh = DerpClient(relay.at, mesh_key=MESH_KEY)
    mesh.send(WatchConns())
    seen: set[bytes] = set()
    while not {a.key, b.key, mesh.key} <= seen:
        present = until(mesh, PeerPresent)
        assert isinstance(present, PeerPresent)
        if present.key in (a.key, b.key):
            assert present.address is not None
            client = a if present.key == a.key else b
            assert present.address.port == client.sock.getsockname()[1]
        seen.add(present.key)
    for client in (a, b):
        mesh.send(ForwardPacket(bytes(range(32)), client.key, b"from afar"))
        assert until(client, RecvPacket) == RecvPacket(bytes(range(32)), b"from afar")
    c, d = two_apart(relay, lambda: DerpClient(relay.at))
    for client in (c, d):
        while until(mesh, PeerPresent).key != client.key:  # type: ignore[union-attr]
            pass
    for client in (c, d):
        mesh.send(ClosePeer(client.key))
        until_closed(client)
        while (gone := until(mesh, PeerGone)) != PeerGone(client.key, GoneReason.DISCONNECTED):
            assert gone.key not in (a.key, b.key, c.key, d.key)  # type: ignore[union-attr]
    for client in (a, b, mesh):
        client.close()


def test_numbers_of_all_on_one_page_and_stun_once(relay: served.Served) -> None:
    until_number(relay, "derp_current_connections", 0)
    before = numbers(relay)
    a, b = two_apart(relay, lambda: DerpClient(relay.at))
    a.packet(b, b"12345", DISCO)
    assert b.packets(2) == [b"12345", DISCO]
    now = numbers(relay)
    for name, more in (
        ("derp_packets_received", 2), ("derp_packets_sent", 2), ("derp_bytes_sent", 5 + len(DISCO)),
        ('derp_packets_received_kind{kind="disco"}', 1), ("derp_packets_forwarded_out", 0),
    ):  # fmt: skip
        assert now[name] - before[name] == more, name
    assert now["derp_clients_local"] == now["derp_clients_total"] == 2
    assert now['natscope_worker_up{worker="1"}'] == now['natscope_worker_up{worker="2"}'] == 1
    at = relay.end_of("stun")
    with stun_client(str(at.ip)) as sock:
        request = encode_binding_request(bytes(12), RequestForm.TAILSCALE)
        assert decode(ask_stun(sock, request, at)[0]).mapped_address == end_of(sock)
    assert numbers(relay)['natscope_stun_answers_total{kind="success"}'] == 1
    a.close()
    b.close()


def test_a_worker_that_dies_is_started_again_and_the_others_clients_stay(relay: served.Served) -> None:
    until_number(relay, "derp_current_connections", 0)
    stays, goes = two_apart(relay, lambda: DerpClient(relay.at))
    goes.packet(stays, b"x")
    assert stays.packets(1) == [b"x"]
    sent = numbers(relay)["derp_packets_sent"]
    victim = worker_of(relay, goes)
    os.kill(victim, signal.SIGKILL)
    told = relay.until("worker-ended")
    assert "SIGKILL" in told["words"]
    assert until(stays, PeerGone) == PeerGone(goes.key, GoneReason.DISCONNECTED)
    back = DerpClient(relay.at)  # at the worker that is left, at once
    back.packet(stays, b"hello")
    assert stays.packets(1) == [b"hello"]
    until_number(relay, 'natscope_worker_up{worker="1"}', 1)
    until_number(relay, 'natscope_worker_up{worker="2"}', 1)
    assert victim not in pids(relay)
    fresh = [DerpClient(relay.at) for _ in range(3)]
    assert len({worker_of(relay, one) for one in (*fresh, stays)}) == 2
    for one in fresh:
        one.packet(stays, one.key)
        assert stays.packets(1) == [one.key]
        stays.packet(one, b"y")
        assert one.packets(1) == [b"y"]
    assert numbers(relay)["derp_packets_sent"] == sent + 7  # what was counted stays counted
    assert numbers(relay)["natscope_worker_restarts"] == 1
    for one in (*fresh, stays, back):
        one.close()


def test_signals_of_a_terminal_or_a_service_manager_are_the_first_process_business(relay: served.Served) -> None:
    a, b = two_apart(relay, lambda: DerpClient(relay.at))
    before = pids(relay)
    for pid in before:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            os.kill(pid, number)
    a.packet(b, b"still")
    assert b.packets(1) == [b"still"]
    assert pids(relay) == before
    a.close()
    b.close()


def test_what_is_between_the_processes_has_no_name_and_no_port(relay: served.Served) -> None:
    """Only the first process listens, and only where it says so."""
    listening = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    ports = {f[9]: int(f[1].rpartition(":")[2], 16) for f in listening if f[3] == "0A"}
    named = {f[6]: f[7] for f in (li.split() for li in Path("/proc/net/unix").read_text().splitlines()) if len(f) > 7}
    for pid in [relay.process.pid, *pids(relay)]:
        sockets = set()
        for fd in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                sockets.add(os.readlink(fd).removeprefix("socket:[").removesuffix("]"))
        own = {relay.at.port, Endpoint.parse(relay.ready["metrics"]).port} if pid == relay.process.pid else set()
        assert {ports[inode] for inode in sockets if inode in ports} == own
        assert [named[inode] for inode in sockets if inode in named] == []


def page(at: Endpoint) -> tuple[int, str]:
    connection = http.client.HTTPConnection(str(at.ip), at.port, timeout=LIMIT_S)
    connection.request("GET", "/", headers={"Host": "relay.test"})
    response = connection.getresponse()
    connection.close()
    return response.status, response.headers.get("Location", "")


def test_files_settings_and_certificates_reach_all_and_the_way_out_too(tmp_path: Path) -> None:
    authority, other = trustme.CA(), trustme.CA()
    files = served.tls_files(tmp_path, authority, "relay.test")
    config, mesh = tmp_path / "derp.toml", tmp_path / "mesh.key"
    config.write_text("[limits]\naccept_burst = 1000\n")
    mesh.write_text(MESH_KEY.hex())
    contexts = []
    for each in (authority, other):
        contexts.append(ssl.create_default_context())
        each.configure_trust(contexts[-1])
    with served.process(
        "--workers", "2", "--config", str(config), "--cert", files.certificate_file, "--cert-key", files.key_file,
        "--http", "127.0.0.1:0", "--drain", "1", "--mesh-key-file", str(mesh),
    ) as relay:  # fmt: skip
        old = [DerpClient(relay.at, tls=contexts[0]) for _ in range(4)]
        assert len({worker_of(relay, one) for one in old}) == 2
        plain = relay.end_of("http")
        assert [page(plain)[0] for _ in range(4)] == [302] * 4
        served.tls_files(tmp_path, other, "relay.test")
        mesh.write_text(f"{bytes(32 * [7]).hex()}\n{MESH_KEY.hex()}\n")
        relay.process.send_signal(signal.SIGHUP)
        first = relay.until_certificate(words="read again")["worker"]
        assert relay.until_certificate(words="read again", worker=3 - first), "the other one did not"
        new = [served.soon(lambda: DerpClient(relay.at, tls=contexts[1], mesh_key=bytes(32 * [7]))) for _ in range(4)]
        assert len({worker_of(relay, one) for one in new}) == 2
        for one in new:
            one.send(WatchConns())  # with the new mesh key, at both
            until(one, PeerPresent)
        old[0].packet(old[1], b"still here")
        assert old[1].packets(1) == [b"still here"]
        relay.process.send_signal(signal.SIGTERM)
        for one in (*old, *new):
            until(one, Restarting)
        with pytest.raises(OSError, match=r"refused|reset|closed|EOF"):
            DerpClient(relay.at, tls=contexts[1])
        for one in (*old, *new):
            until_closed(one)
        assert relay.process.wait(LIMIT_S) == 0


def test_a_second_signal_ends_all_at_once() -> None:
    with served.process("--workers", "2", "--drain", "600") as relay:
        clients = [DerpClient(relay.at) for _ in range(4)]
        workers = pids(relay)
        relay.process.send_signal(signal.SIGTERM)
        relay.until("drain")
        assert relay.end() == 0
        assert clients
        assert not any(is_running(pid) for pid in workers)


def test_without_the_first_process_the_workers_let_their_clients_go_and_end() -> None:
    with served.process("--workers", "2", "--drain", "0") as relay:
        clients = [DerpClient(relay.at) for _ in range(4)]
        workers = pids(relay)
        relay.process.kill()
        relay.process.communicate()
        for client in clients:
            until(client, Restarting)
        wait_for(lambda: not any(is_running(pid) for pid in workers))


def test_a_flood_of_connects_is_one_flood_for_all(tmp_path: Path) -> None:
    """The limit of connections in a second is one for all; clients go on meanwhile."""
    config = tmp_path / "derp.toml"
    config.write_text("[limits]\naccept_rate = 1\naccept_burst = 90\n")
    with served.process("--workers", "2", "--config", str(config), "--metrics", "127.0.0.1:0") as relay:
        a, b = two_apart(relay, lambda: DerpClient(relay.at))
        flood = [socket.create_connection((str(relay.at.ip), relay.at.port), timeout=LIMIT_S) for _ in range(200)]
        open_ones = 0
        for sock in flood:
            sock.settimeout(2.0)
            try:
                sock.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
                open_ones += bool(sock.recv(100))
            except OSError:
                pass
        assert 80 <= open_ones <= 90  # behind a proxy all have its address
        a.packet(b, b"meanwhile")
        assert b.packets(1) == [b"meanwhile"]
        found = numbers(relay)
        assert 100 <= found['natscope_connections_turned_away{by="rate"}'] <= 120
        for sock in flood:
            sock.close()


def test_who_was_let_in_by_one_worker_is_known_to_all(tmp_path: Path) -> None:
    asked: list[str] = []

    class Verify(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked.append(question["NodePublic"])
            body = b'{"Allow": true}'
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Verify)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/verify"
    try:
        with served.process(
            "--workers", "2", "--verify-client-url", url, "--metrics", "127.0.0.1:0"
        ) as relay:  # fmt: skip
            private = PrivateKey(os.urandom(32))
            first = DerpClient(relay.at, private=private)
            assert len(asked) == 1
            server.shutdown()  # from now on nobody answers, and that is no
            server.server_close()
            time.sleep(0.5)
            again = [DerpClient(relay.at, private=private) for _ in range(3)]
            assert {worker_of(relay, one) for one in (first, *again)} == set(pids(relay))
            found = numbers(relay)
            assert found['natscope_admission{result="allowed"}'] == 1
            assert found['natscope_admission{result="remembered"}'] == 3
            with pytest.raises((StopIteration, OSError)):
                DerpClient(relay.at).next()
            assert numbers(relay)['natscope_admission{result="refused"}'] == 1
    finally:
        server.server_close()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--cert", "nothing.pem"], 3, "nothing.pem"),
        (["--mesh-with", "a.example"], 2, "share a key"),
        (["--workers", "65"], 2, "workers"),
    ],
)
def test_what_is_wrong_is_said_once_and_nothing_is_left(words: list[str], code: int, said: str) -> None:
    arguments = ["--workers", "2", "--http", "off", *words]
    with served.process(*arguments) as relay:
        assert not relay.ready
        assert relay.process.wait(LIMIT_S) == code
        text = "\n".join(line["words"] for line in relay.lines)
        assert said in text
        assert "Traceback" not in text
        assert pids(relay) == []


def test_a_port_that_is_taken(relay: served.Served) -> None:
    """By another relay of several processes, too: they do not share by accident."""
    with served.process("--workers", "2", "--listen", str(relay.at)) as second:
        assert not second.ready
        assert second.process.wait(LIMIT_S) == 3
        assert any("another program listens there" in line["words"] for line in second.lines)
