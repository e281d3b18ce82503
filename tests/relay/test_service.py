"""A relay as a service: ready, TLS from files, an end that tells clients."""

from __future__ import annotations

import os
import signal
import ssl
import stat
from pathlib import Path

import trustme

from natscope.machines.derp.client import State
from natscope.relay.config import RelayConfig
from natscope.wire.derp.frames import Restarting
from tests.relay import served
from tests.relay.derp_client import DerpClient
from tests.relay.drivers import wait_for


def test_two_clients_meet_through_a_process() -> None:
    with served.process() as relay:
        a, b = DerpClient(relay.at), DerpClient(relay.at)
        assert a.server.hex() == relay.ready["key"]
        a.packet(b, b"hello")
        assert b.packets(1) == [b"hello"]
        assert relay.end() == 0
        assert isinstance(a.next(), Restarting)


def test_certificate_files(tmp_path: Path) -> None:
    authority = trustme.CA()
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    files = served.tls_files(tmp_path, authority, "relay.test")
    with served.in_thread(RelayConfig(listen=(served.LOOPBACK,), tls=files)) as running:
        client = DerpClient(running.ready.listen[0], tls=trust)
        assert isinstance(client.sock, ssl.SSLSocket)
        assert client.sock.version() == "TLSv1.3"
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
