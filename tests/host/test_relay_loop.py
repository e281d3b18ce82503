"""The epoll loop of the relay on loopback: packets, TLS, slow readers, late decisions, nothing left behind."""

from __future__ import annotations

import os
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trustme

from natscope.machines.derp.client import Client
from natscope.machines.derp.counters import Drop, End
from natscope.machines.derp.front import Front
from natscope.machines.derp.pages import Pages
from natscope.machines.derp.relay import Relay
from natscope.machines.derp.settings import RateLimit, RelaySettings
from natscope.model.endpoint import Endpoint
from natscope.wire.derp.frames import GoneReason, PeerGone, Ping, Pong
from natscope.wire.keys import PrivateKey
from tests.relay.derp_client import DerpClient

if sys.platform != "linux":
    pytest.skip("epoll is Linux's", allow_module_level=True)

from natscope.host.real.relay_loop import RelayLoop, everybody

AUTHORITY = trustme.CA()
WAIT_S = 10.0


class Running:
    """A relay that serves in a thread."""

    def __init__(self, settings: RelaySettings | None = None, decide: object = everybody, *, tls: bool = False) -> None:
        self.relay = Relay(PrivateKey(os.urandom(32)), settings)
        self.loop = RelayLoop(Front(self.relay, Pages(), lambda: "now"), decide)  # type: ignore[arg-type]
        self.at = self.loop.listen(Endpoint.parse("127.0.0.1:0"), server_context() if tls else None)
        self.thread = threading.Thread(target=self.loop.serve)
        self.thread.start()

    def wait_for(self, what: Callable[[], bool]) -> None:
        """Until the relay has noticed something."""
        deadline = time.monotonic() + WAIT_S
        while not what():
            assert time.monotonic() < deadline
            time.sleep(0.005)

    def end(self) -> None:
        self.loop.stop()
        self.thread.join(WAIT_S)
        assert not self.thread.is_alive()
        self.loop.close()


def server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    AUTHORITY.issue_cert("relay.test").configure_cert(context)
    return context


def client_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    AUTHORITY.configure_trust(context)
    return context


@pytest.fixture(params=[False, True], ids=["plain", "tls"])
def running(request: pytest.FixtureRequest) -> Iterator[tuple[Running, ssl.SSLContext | None]]:
    made = Running(tls=request.param)
    yield made, client_context() if request.param else None
    made.end()


def test_packets_of_every_size_both_ways(running: tuple[Running, ssl.SSLContext | None]) -> None:
    relay, tls = running
    a, b = DerpClient(relay.at, tls=tls), DerpClient(relay.at, tls=tls)
    packets = [os.urandom(size) for size in (0, 1, 100, 1400, 16_384, 65_536)]
    a.packet(b, *packets)
    assert b.packets(len(packets)) == packets
    b.packet(a, *packets)
    assert a.packets(len(packets)) == packets
    a.send(Ping(b"12345678"))
    assert a.next() == Pong(b"12345678")
    a.close()
    assert b.next() == PeerGone(a.key, GoneReason.DISCONNECTED)
    b.close()
    relay.wait_for(lambda: relay.relay.clients == 0)


def test_a_flood_in_small_pieces_arrives_whole_and_in_order(running: tuple[Running, ssl.SSLContext | None]) -> None:
    relay, tls = running
    a, b = DerpClient(relay.at, tls=tls), DerpClient(relay.at, tls=tls)
    packets = [number.to_bytes(4, "big") * 300 for number in range(2000)]
    sender = threading.Thread(target=send_in_sevens, args=(a, b, packets))
    sender.start()
    assert b.packets(len(packets)) == packets
    sender.join(WAIT_S)
    a.close()
    b.close()


def send_in_sevens(a: DerpClient, b: DerpClient, packets: list[bytes]) -> None:
    for n in range(0, len(packets), 7):
        a.packet(b, *packets[n : n + 7])


def test_a_client_that_never_reads_costs_its_packets_and_then_its_connection(
    running: tuple[Running, ssl.SSLContext | None],
) -> None:
    relay, tls = running
    a, slow, c = (DerpClient(relay.at, tls=tls) for _ in range(3))
    for _ in range(100):
        a.packet(slow, *[bytes(60_000)] * 5)
    a.packet(c, b"still here")
    assert c.packets(1) == [b"still here"]
    assert relay.relay.counters.drops[Drop.QUEUE_HEAD, False] > 0
    relay.wait_for(lambda: End.SLOW in relay.relay.counters.ends)
    for client in (a, slow, c):
        client.close()


def test_a_rate_limit_slows_down_and_drops_nothing() -> None:
    relay = Running(RelaySettings(rate=RateLimit(bytes_per_second=1_000_000)))
    a, b = DerpClient(relay.at), DerpClient(relay.at)
    assert a.info.bytes_per_second == 1_000_000
    began = time.monotonic()
    a.packet(b, *[bytes(1000)] * 400)
    assert len(b.packets(400)) == 400
    assert time.monotonic() - began > 0.2  # 400,000 bytes, of which 65,568 pass at once
    relay.end()


def test_a_decision_may_come_later_from_another_thread() -> None:
    def decide(client: Client, answer: Callable[[bool], None]) -> bool | None:
        threading.Timer(0.05, lambda: answer(True)).start()
        return None

    relay = Running(decide=decide)
    a = DerpClient(relay.at)
    a.packet(a, b"to myself")
    assert a.packets(1) == [b"to myself"]
    used = time.process_time()
    time.sleep(0.3)
    assert time.process_time() - used < 0.2, "a loop that was woken must sleep again"
    a.close()
    relay.end()


def test_a_refused_client_is_closed() -> None:
    relay = Running(decide=lambda client, answer: False)
    with pytest.raises((StopIteration, ConnectionError)):
        DerpClient(relay.at)
    relay.end()


def test_another_certificate_for_new_connections() -> None:
    relay = Running(tls=True)
    other = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    other.issue_cert("relay.test").configure_cert(context)
    old = DerpClient(relay.at, tls=client_context())
    relay.loop.replace_context(context)
    with pytest.raises(ssl.SSLCertVerificationError):
        DerpClient(relay.at, tls=client_context())
    old.packet(old, b"the old one stands")
    assert old.packets(1) == [b"the old one stands"]
    old.close()
    relay.end()


def test_nothing_is_left_open() -> None:
    def open_files() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    Running().end()
    before = open_files()
    relay = Running(tls=True)
    clients = [DerpClient(relay.at, tls=client_context()) for _ in range(20)]
    relay.end()
    for client in clients:
        client.close()
    assert open_files() == before
