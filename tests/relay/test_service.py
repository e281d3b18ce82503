"""A relay as a service: ready, TLS from files, its other ports, changed files, an end that tells clients."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import ssl
import stat
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from natscope.machines.derp.client import State
from natscope.model.endpoint import Endpoint
from natscope.relay.config import RelayConfig, StunConfig
from natscope.wire.derp.frames import Restarting
from natscope.wire.derp.meta_certificate import server_key_of
from natscope.wire.stun.message import RequestForm, decode, encode_binding_request
from tests.relay import served
from tests.relay.derp_client import DerpClient
from tests.relay.drivers import wait_for
from tests.stun_server.drivers import ask as ask_stun
from tests.stun_server.drivers import client as stun_client
from tests.stun_server.drivers import end_of

LIMIT_S = 10.0


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def trusting(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def fetch(at: Endpoint, path: str, *, method: str = "GET", **headers: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection(str(at.ip), at.port, timeout=LIMIT_S)
    connection.request(method, path, headers={"Host": "relay.test:80", **headers})
    response = connection.getresponse()
    response.body = response.read()  # type: ignore[attr-defined]
    connection.close()
    return response


def test_two_clients_meet_through_a_process() -> None:
    with served.process() as relay:
        a, b = DerpClient(relay.at), DerpClient(relay.at)
        assert a.server.hex() == relay.ready["key"]
        a.packet(b, b"hello")
        assert b.packets(1) == [b"hello"]
        assert relay.end() == 0
        assert isinstance(a.next(), Restarting)


def test_certificate_files(tmp_path: Path, authority: trustme.CA) -> None:
    files = served.tls_files(tmp_path, authority, "relay.test")
    with served.in_thread(RelayConfig(listen=(served.LOOPBACK,), tls=files)) as running:
        client = DerpClient(running.ready.listen[0], tls=trusting(authority))
        assert isinstance(client.sock, ssl.SSLSocket)
        assert client.sock.version() == "TLSv1.3"
        chain = client.sock._sslobj.get_unverified_chain()  # type: ignore[attr-defined]
        assert server_key_of([certificate.public_bytes(2) for certificate in chain]) == client.server
        wait_for(lambda: running.service.front.relay.clients == 1)
        [inside] = running.service.front.relay.registry.active.values()
        assert inside.state is State.OPEN


def test_a_key_file_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "relay.key"
    keys = []
    for _ in range(2):
        with served.process("--key-file", str(path)) as relay:
            keys.append(relay.ready["key"])
            assert relay.end(signal.SIGINT) == 0
    assert keys[0] == keys[1]
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert os.listdir(path.parent) == ["relay.key"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, authority: trustme.CA) -> Iterator[served.Served]:
    """A relay with everything beside it."""
    files = served.tls_files(tmp_path_factory.mktemp("relay"), authority, "relay.test")
    with served.process(
        "--cert", files.certificate_file, "--cert-key", files.key_file, "--http", "127.0.0.1:0",
        "--stun", "127.0.0.1:0", "--stun", "[::1]:0", "--metrics", "127.0.0.1:0",
    ) as relay:  # fmt: skip
        yield relay


def test_port_80_answers_login_page_checks_and_leads_to_https(whole: served.Served) -> None:
    at = whole.end_of("http")
    answer = fetch(at, "/generate_204", **{"X-Tailscale-Challenge": "ts_relay.test"})
    assert (answer.status, answer.headers["X-Tailscale-Response"]) == (204, "response ts_relay.test")
    answer = fetch(at, "/derp/probe?x=1")
    assert (answer.status, answer.headers["Location"]) == (302, "https://relay.test/derp/probe?x=1")
    assert fetch(at, "/", method="POST").status == 400
    assert fetch(at, "/derp", Upgrade="DERP", Connection="Upgrade").status == 302


def test_pages_over_tls(whole: served.Served, authority: trustme.CA) -> None:
    def page(path: str) -> tuple[int, bytes]:
        connection = http.client.HTTPSConnection("localhost", whole.at.port, timeout=LIMIT_S, context=context)
        connection.sock = context.wrap_socket(
            socket.create_connection(("127.0.0.1", whole.at.port)), server_hostname="relay.test"
        )
        with connection.sock:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read()

    context = trusting(authority)
    assert page("/healthz") == (200, b"ok\n")
    assert page("/robots.txt") == (200, b"User-agent: *\nDisallow: /\n")
    assert page("/derp/probe") == (200, b"")
    assert page("/bootstrap-dns") == (200, b"")
    assert b"DERP relay" in page("/")[1]
    assert page("/derp")[0] == 426


@pytest.mark.parametrize("number", [0, 1])
def test_stun_in_both_families(whole: served.Served, number: int) -> None:
    at = Endpoint.parse(whole.ready["stun"][number])
    with stun_client(str(at.ip)) as sock:
        for form in RequestForm:
            assert decode(ask_stun(sock, encode_binding_request(bytes(12), form), at)[0]).mapped_address == end_of(sock)


def test_metrics_have_upstreams_names(whole: served.Served, authority: trustme.CA) -> None:
    clients = [DerpClient(whole.at, tls=trusting(authority)) for _ in range(2)]
    clients[0].packet(clients[1], b"x" * 100)
    clients[1].packets(1)
    url = f"http://{whole.ready['metrics']}/metrics"
    with urllib.request.urlopen(url, timeout=LIMIT_S) as response:
        page = response.read().decode()
    samples = dict(line.rsplit(" ", 1) for line in page.splitlines() if not line.startswith("#"))
    assert samples["derp_current_connections"] == "2"
    assert samples["derp_clients_local"] == "2"
    assert float(samples["derp_packets_sent"]) >= 1
    assert samples['derp_packets_dropped{reason="queue_head",kind="other"}'] == "0"
    assert 'natscope_stun_answers_total{kind="success"}' in samples
    assert float(samples["natscope_certificate_expires_seconds"]) > 1.7e9
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(url.removesuffix("metrics"), timeout=LIMIT_S)
    for client in clients:
        client.close()


def test_a_new_certificate_without_dropping_anybody(tmp_path: Path) -> None:
    first, second = trustme.CA(), trustme.CA()
    files = served.tls_files(tmp_path, first, "relay.test")
    with served.process(
        "--cert", files.certificate_file, "--cert-key", files.key_file, "--http", "off"
    ) as relay:  # fmt: skip
        old = DerpClient(relay.at, tls=trusting(first))
        served.tls_files(tmp_path, second, "relay.test")
        relay.process.send_signal(signal.SIGHUP)
        assert relay.until_certificate(words="read again")
        new = served.soon(lambda: DerpClient(relay.at, tls=trusting(second)))
        old.packet(new, b"still here")
        assert new.packets(1) == [b"still here"]
        Path(files.certificate_file).write_text("nothing")
        relay.process.send_signal(signal.SIGHUP)
        assert relay.until_certificate(words="the old certificate stays")["level"] == "warning"
        assert DerpClient(relay.at, tls=trusting(second)).server == new.server
        assert relay.end() == 0


def test_clients_are_let_go_within_the_time_and_nobody_comes_in() -> None:
    with served.process("--drain", "1") as relay:
        clients = [DerpClient(relay.at) for _ in range(20)]
        relay.process.send_signal(signal.SIGTERM)
        assert relay.until("drain")["clients"] == 20
        for client in clients:
            assert isinstance(client.next(), Restarting)
        with pytest.raises(OSError, match=r"refused|reset|closed"):
            DerpClient(relay.at)
        for client in clients:
            with pytest.raises(StopIteration):
                client.next()
        assert relay.process.wait(LIMIT_S) == 0


def test_a_second_signal_ends_it_at_once() -> None:
    with served.process("--drain", "600") as relay:
        clients = [DerpClient(relay.at) for _ in range(3)]
        relay.process.send_signal(signal.SIGTERM)
        relay.until("drain")
        assert relay.end() == 0
        assert clients


def test_logs_tell_no_keys_of_clients() -> None:
    with served.process() as relay:
        client = DerpClient(relay.at)
        client.sock.sendall(b"\x04\xff\xff\xff\xff")  # a frame that nobody may send
        with pytest.raises(StopIteration):
            client.next()
        relay.end()
        told = json.dumps(relay.lines)
        assert client.key.hex() not in told
        assert "Traceback" not in told


def test_helper_and_port_of_stun() -> None:
    config = RelayConfig(listen=(served.LOOPBACK,), stun=StunConfig(listen=(served.LOOPBACK,)), drain_s=0.0)
    with served.in_thread(config) as running:
        assert running.stun.service is not None
        assert running.stun.service.helper is None  # port 0 has no next one
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1] - 1
    config = RelayConfig(
        listen=(served.LOOPBACK,), stun=StunConfig(listen=(Endpoint(served.LOOPBACK.ip, port),)), drain_s=0.0
    )
    with served.in_thread(config) as running:
        assert running.stun.service is not None
        assert running.stun.service.helper is not None
        assert [end.port for end in running.ready.stun] == [port, port + 1]
