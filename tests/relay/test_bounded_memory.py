"""A relay's memory while strangers and clients do their worst: a process of its own, under a limit of the system's."""

from __future__ import annotations

import os
import select
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from natscope.model.endpoint import Endpoint
from natscope.wire.derp.frames import FrameType, SendPacket, encode
from natscope.wire.keys import PrivateKey
from tests.house.tree import ROOT
from tests.relay.derp_client import UPGRADE, DerpClient
from tests.relay.drivers import DRIVERS, WAIT_S
from tests.relay.strangers import Stranger, frame, greeting
from tests.wire.test_tls_hello import hello

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
PLACES = [(driver, "plain") for driver in DRIVERS] + [("epoll", "tls")] * ("epoll" in DRIVERS)
MOST_GROWTH = 96 * 1024 * 1024
PROGRAM = """
import resource, sys, time
from natscope.machines.derp.settings import FrontLimits, RelaySettings
from tests.relay.drivers import start
relay = start(sys.argv[1], RelaySettings(write_limit_s=30.0, greeting_s=60.0), tls=sys.argv[3] == "tls",
              limits=FrontLimits(accepts_per_s=1e9, accept_burst=100_000, head_s=60.0, pending=600,
                                 pending_per_source=600))
with open("/proc/self/statm") as file:
    used = int(file.read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + int(sys.argv[2]), -1))
print(relay.at, relay.relay.private.public.hex(), flush=True)
sys.stdin.read()
print(relay.relay.clients, getattr(getattr(relay, "loop", None), "faults", 0),
      len(relay.front._timers) + len(relay.relay._timers), flush=True)
relay.end()
"""


class Child:
    """The relay's process."""

    def __init__(self, driver: str, how: str) -> None:
        words = [sys.executable, "-c", PROGRAM, driver, str(3 * MOST_GROWTH), how]
        self.process = subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        at, key = self.process.stdout.readline().split()
        self.at, self.key = Endpoint.parse(at), bytes.fromhex(key)
        self.tls = anybody() if how == "tls" else None
        self.a, self.b = self.client(), self.client()
        self.are_served()
        self.before = self.resident()

    def client(self) -> DerpClient:
        """One that is let in."""
        return DerpClient(self.at, tls=self.tls)

    def stranger(self) -> Stranger:
        """One that is connected; with TLS where that is spoken."""
        return Stranger(self.at, self.tls)

    def resident(self) -> int:
        """Bytes."""
        text = Path(f"/proc/{self.process.pid}/statm").read_text(encoding="ascii")
        return int(text.split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def are_served(self) -> None:
        """Packets of two honest clients pass."""
        self.a.packet(self.b, b"still here")
        assert self.b.packets(1) == [b"still here"]

    def check(self) -> None:
        """Little was used, and the honest ones are served."""
        self.are_served()
        assert self.resident() - self.before < MOST_GROWTH

    def end(self) -> None:
        """It ends as it should, without a fault."""
        out, _ = self.process.communicate("", timeout=WAIT_S)
        assert self.process.returncode == 0
        _, faults, timers = map(int, out.split())
        assert faults == 0
        assert timers < 900  # of those that are there, and few of those that are gone


def anybody() -> ssl.SSLContext:
    """A client that believes every certificate: the authority is another process's."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@pytest.fixture(params=PLACES, ids="-".join)
def child(request: pytest.FixtureRequest) -> Iterator[Child]:
    made = Child(*request.param)
    try:
        yield made
        made.check()
        made.end()
    finally:
        made.process.kill()
        made.process.wait()
        made.a.close()
        made.b.close()


def test_greetings_as_long_as_they_may_be_that_never_end(child: Child) -> None:
    """500 strangers, 250,000 bytes each: 125 MB if all were kept, of which 32 MiB are."""
    strangers = []
    for _ in range(500):
        stranger = child.stranger()
        stranger.sock.settimeout(5)
        strangers.append(stranger.say(UPGRADE).say(frame(FrameType.CLIENT_INFO, bytes(250_000), 262_144)))
        if len(strangers) % 40 == 0:
            child.are_served()
    assert child.resident() - child.before < 80 * 1024 * 1024
    for stranger in strangers:
        stranger.close()


def test_a_client_that_never_reads_under_a_flood(child: Child) -> None:
    """20,000 packets of 1,300 bytes: 26 MB, of which 32 packets and the system's buffers wait."""
    slow = child.client()
    packets = encode(SendPacket(slow.key, bytes(1300))) * 200
    for _ in range(100):
        child.a.sock.sendall(packets)
        child.are_served()
    slow.close()


def test_heads_that_never_end(child: Child) -> None:
    strangers = [child.stranger().say(b"GET / HTTP/1.1\r\nX: " + b"y" * 16_000) for _ in range(280)]
    child.are_served()
    for stranger in strangers:
        stranger.close()


def test_pages_and_pongs_that_nobody_reads(child: Child) -> None:
    """Requests and pings by the megabyte, from clients who read nothing."""
    clients = [child.client() for _ in range(2)]
    askers = [child.stranger() for _ in range(2)]
    for sock in [client.sock for client in clients] + [asker.sock for asker in askers]:
        sock.settimeout(0.3)
    for client in clients:
        swallow(client.sock, frame(FrameType.PING, bytes(8)) * 5000)
    for asker in askers:
        swallow(asker.sock, b"GET / HTTP/1.1\r\nHost: r\r\n\r\n" * 8)
    child.are_served()
    for client in clients:
        client.close()


def swallow(sock: socket.socket, data: bytes) -> None:
    """Send until nobody takes it any more."""
    try:
        for _ in range(60):
            sock.sendall(data)
    except OSError:
        pass


def test_half_frames_and_long_names_of_clients_that_are_in(child: Child) -> None:
    """What a client may leave half said is one frame."""
    strangers = []
    for _ in range(100):
        stranger = child.stranger().upgrade()
        stranger.say(
            greeting(PrivateKey(os.urandom(32)), child.key) + frame(FrameType.SEND_PACKET, bytes(60_000), 65_568)
        )
        strangers.append(stranger)
    child.are_served()
    for stranger in strangers:
        stranger.close()


def test_connections_that_come_and_go(child: Child) -> None:
    """Nothing is left of those that are gone, though their times are not over."""
    for _ in range(1500):
        child.stranger().say(b"G").close()
    child.are_served()
    assert child.resident() - child.before < 24 * 1024 * 1024


@pytest.mark.skipif("epoll" not in DRIVERS, reason="epoll is Linux's")
def test_handshakes_that_stop_half_way() -> None:
    """In the middle of the first message, of one that is longer than any, after it: each waits, and costs little."""
    child = Child("epoll", "tls")
    first = hello("relay.test")
    long = b"\x16\x03\x01\x40\x00\x01\x00\x3f\xfc" + bytes(16_000)
    try:
        halves = [Stranger(child.at).say(data) for data in (first[:100], long) for _ in range(190)]
        strangers = halves + [Stranger(child.at).say(first) for _ in range(190)]
        assert all(stranger.sock.recv(1) for stranger in strangers[len(halves) :])  # the relay's own part of it
        child.are_served()
        assert select.select([stranger.sock for stranger in halves], [], [], 0)[0] == []  # nobody is closed
        assert child.resident() - child.before < 570 * 64 * 1024
        child.check()
        for stranger in strangers:
            stranger.close()
        child.end()
    finally:
        child.process.kill()
        child.process.wait()
        child.a.close()
        child.b.close()
