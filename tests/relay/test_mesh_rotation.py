"""Two relays change their mesh key step by step, by SIGHUP: no packet between their clients is lost, nobody is gone."""

from __future__ import annotations

import select
import signal
import socket
import ssl
import threading
import time
from pathlib import Path

import trustme

from natscope.wire.derp.frames import PeerGone, RecvPacket
from tests.relay import served
from tests.relay.derp_client import DerpClient
from tests.relay.drivers import wait_for

OLD, NEW = "0123456789abcdef" * 4, "fedcba9876543210" * 4
LIMIT_S = 20.0


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


class Node:
    """One relay of the region, and one client of it."""

    def __init__(self, folder: Path, port: int, ports: list[int], authority: trustme.CA) -> None:
        self.folder, self.port, self.ports, self.authority = folder, port, ports, authority
        self.key_file = folder / "mesh.key"
        self.key_file.write_text(OLD)

    def arguments(self) -> list[str]:
        files = served.tls_files(self.folder, self.authority, "relay.test")
        others = ",".join(f"relay.test:{port}/127.0.0.1" for port in self.ports if port != self.port)
        return [
            "--listen", f"127.0.0.1:{self.port}", "--http", "off", "--cert", files.certificate_file,
            "--cert-key", files.key_file, "--mesh-with", others, "--mesh-key-file", str(self.key_file),
        ]  # fmt: skip


class Talk:
    """Packets from one client to another, all the time; `lost` counts what did not arrive."""

    def __init__(self, one: DerpClient, other: DerpClient) -> None:
        self.one, self.other = one, other
        self.arrived: list[bytes] = []
        self.gone: list[PeerGone] = []
        self.sent = 0
        self._over = threading.Event()
        self.threads = [threading.Thread(target=part, daemon=True) for part in (self._send, self._read)]
        for thread in self.threads:
            thread.start()

    def _send(self) -> None:
        while not self._over.is_set():
            self.one.packet(self.other, self.sent.to_bytes(4, "big"))
            self.sent += 1
            time.sleep(0.005)

    def _read(self) -> None:
        while True:
            try:
                frame = self.other.next()
            except (StopIteration, OSError):
                return
            if isinstance(frame, RecvPacket):
                self.arrived.append(frame.packet)
            elif isinstance(frame, PeerGone):
                self.gone.append(frame)

    def end(self) -> None:
        self._over.set()
        self.threads[0].join(LIMIT_S)
        wait_for(lambda: len(self.arrived) == self.sent)


def test_a_region_changes_its_key_and_no_packet_is_lost(tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    environ = {"SSL_CERT_FILE": str(tmp_path / "ca.pem")}
    ports = [free_port(), free_port()]
    nodes = []
    for number, port in enumerate(ports):
        folder = tmp_path / str(number)
        folder.mkdir()
        nodes.append(Node(folder, port, ports, authority))
    context = ssl.create_default_context()
    authority.configure_trust(context)
    with (
        served.process(*nodes[0].arguments(), environ=environ) as one,
        served.process(*nodes[1].arguments(), environ=environ) as two,
    ):
        relays = [one, two]
        links = {id(relay): relay.until("mesh-up") for relay in relays}
        assert all(links.values())
        talks = []
        for here, there in ((one, two), (two, one)):
            a, b = DerpClient(here.at, tls=context), DerpClient(there.at, tls=context)
            until_known(a, b)
            talks.append(Talk(a, b))
        for text in (f"{OLD}\n{NEW}\n", f"{NEW}\n{OLD}\n", f"{NEW}\n"):
            for node, relay in zip(nodes, relays, strict=True):
                node.key_file.write_text(text)
                relay.process.send_signal(signal.SIGHUP)
                assert relay.until("reload")
                if text == f"{NEW}\n{OLD}\n":
                    assert relay.until("mesh-up")  # with the new key
                    time.sleep(1.5)  # longer than a new link takes until the old one goes
        for talk in talks:
            talk.end()
            assert talk.arrived == [number.to_bytes(4, "big") for number in range(talk.sent)]
            assert talk.gone == []
        assert talks[0].sent > 50  # they talked all the while, on a busy computer too
        assert one.end() == 0
        assert not any(line["event"] == "mesh-down" for line in one.lines)


def until_known(one: DerpClient, other: DerpClient) -> None:
    """Until the relays have heard of each other's client; what crosses is read off."""
    deadline = time.monotonic() + LIMIT_S
    while True:
        one.packet(other, b"known?")
        if select.select([other.sock], [], [], 0.1)[0]:
            other.packets(1)
            return
        assert time.monotonic() < deadline
