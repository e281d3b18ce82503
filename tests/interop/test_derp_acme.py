"""The relay gets its certificate from Pebble by both proofs, and serves with it; nobody types anything."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from natscope.apps.derp_serve import Running
from natscope.host.real.host import build_real_host
from natscope.model.endpoint import Endpoint
from natscope.relay.config import RelayConfig, TlsConfig, TlsMode
from natscope.relay.log import Log
from tests.interop.pebble import Pebble, pebble
from tests.relay import served
from tests.relay.derp_client import DerpClient

pytestmark = pytest.mark.interop
END_S = 20.0


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pebble]:
    with pebble(tmp_path_factory.mktemp("pebble")) as running:
        yield running


def trusting(authority: Pebble) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=authority.root())


def exchange(at: Endpoint, context: ssl.SSLContext) -> None:
    """Two clients whose TLS checks chain and name meet through the relay."""
    first, second = DerpClient(at, tls=context), DerpClient(at, tls=context)
    first.packet(second, b"over TLS")
    assert second.packets(1) == [b"over TLS"]
    for client in (first, second):
        client.close()


@pytest.mark.parametrize("challenge", ["http-01", "tls-alpn-01"])
def test_each_proof_is_accepted(authority: Pebble, challenge: str, tmp_path: Path) -> None:
    lines: list[dict[str, object]] = []
    is_there = threading.Event()

    def write(line: str) -> None:
        lines.append(json.loads(line))
        if lines[-1]["event"] in ("certificate", "certificate-failed"):
            is_there.set()

    tls = TlsConfig(
        mode=TlsMode.ACME, directory=str(tmp_path / "certs"), acme_directory_url=authority.directory,
        acme_ca_file=str(authority.ca_file), acme_challenge=challenge,
    )  # fmt: skip
    at = Endpoint.parse(f"127.0.0.1:{authority.tls_port}")
    http = Endpoint.parse(f"127.0.0.1:{authority.http_port}")
    config = RelayConfig(listen=(at,), http=(http,), hostname="relay.test", tls=tls, drain_s=0.0)
    host = build_real_host()
    running = Running(config, host, Log(write, host.clock.utc, as_json=True))
    thread = threading.Thread(target=running.service.serve, daemon=True)
    thread.start()
    try:
        assert is_there.wait(END_S), lines
        assert [line["event"] for line in lines] == ["certificate"], lines
        served.soon(lambda: exchange(at, trusting(authority)))
        ends = [f.samples[""] for f in running.process.families() if f.name == "natscope_certificate_expires_seconds"]
        assert len(ends) == 1
        assert ends[0] > host.clock.utc().timestamp()
        names = sorted(path.name for path in (tmp_path / "certs").iterdir())
        assert names == ["acme_account+key", "natscope.lock", "relay.test"]
        assert {path.stat().st_mode & 0o777 for path in (tmp_path / "certs").iterdir()} == {0o600}
    finally:
        running.service.stop()
        thread.join(END_S)
        running.service.close()


def test_the_command_alone_does_it_and_uses_it_again(authority: Pebble, tmp_path: Path) -> None:
    settings = tmp_path / "relay.toml"
    settings.write_text(
        f'[tls]\nacme_directory = "{authority.directory}"\nacme_ca = "{authority.ca_file}"\n'
        'acme_challenge = "tls-alpn-01"\n'
    )
    words = (
        "--tls", "acme", "--hostname", "relay.test", "--cert-dir", str(tmp_path / "certs"), "--config", str(settings),
        "--listen", f"127.0.0.1:{authority.tls_port}", "--http", "off",
    )  # fmt: skip
    with served.process(*words) as relay:
        assert "from Pebble Intermediate CA" in relay.until("certificate")["words"]
        exchange(relay.at, trusting(authority))
        assert relay.end() == 0
    with served.process(*words) as relay:  # the certificate is there before the relay says that it is ready
        assert [line["event"] for line in relay.lines].count("certificate") == 1
        exchange(relay.at, trusting(authority))
        assert relay.end() == 0


@pytest.mark.parametrize("challenge", ["http-01", "tls-alpn-01"])
def test_of_several_processes_one_obtains_it_and_all_answer_and_serve(
    authority: Pebble, challenge: str, tmp_path: Path
) -> None:
    settings = tmp_path / "relay.toml"
    settings.write_text(
        f'[tls]\nacme_directory = "{authority.directory}"\nacme_ca = "{authority.ca_file}"\n'
        f'acme_challenge = "{challenge}"\n'
    )
    words = (
        "--tls", "acme", "--hostname", "relay.test", "--cert-dir", str(tmp_path / "certs"), "--config", str(settings),
        "--listen", f"127.0.0.1:{authority.tls_port}", "--http", f"127.0.0.1:{authority.http_port}", "--workers", "2",
    )  # fmt: skip
    with served.process(*words) as relay:
        told = [relay.until("certificate") for _ in range(2)]
        assert {line["worker"] for line in told} == {1, 2}
        for _ in range(2):
            served.soon(lambda: exchange(relay.at, trusting(authority)))
        assert not any(line["event"] == "certificate-failed" for line in relay.lines)
        assert relay.end() == 0
