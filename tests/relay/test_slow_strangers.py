"""Strangers who are slow on purpose, or vanish: each is closed in its time, and honest clients are served meanwhile."""

from __future__ import annotations

import socket
import ssl
import struct
import sys
import threading
from pathlib import Path

import pytest

from natscope.machines.derp.counters import End
from natscope.machines.derp.settings import FrontLimits, RelaySettings
from natscope.wire.derp.frames import FrameType
from tests.relay.derp_client import UPGRADE, DerpClient
from tests.relay.drivers import DRIVERS, Running, client_context, start, wait_for
from tests.relay.strangers import Stranger, frame, honest

LIMITS = FrontLimits(head_s=0.4, idle_s=0.4, answer_s=0.4)
SETTINGS = RelaySettings(greeting_s=0.4, write_limit_s=0.3)


@pytest.fixture(params=[("epoll", False), ("epoll", True), ("streams", False)], ids=str)
def place(request: pytest.FixtureRequest) -> tuple[Running, ssl.SSLContext | None]:
    driver, tls = request.param
    if driver not in DRIVERS:
        pytest.skip("epoll is Linux's")
    return start(driver, SETTINGS, tls=tls, limits=LIMITS), client_context() if tls else None


def test_silence(place: tuple[Running, ssl.SSLContext | None]) -> None:
    relay, tls = place
    with honest(relay, tls):
        strangers = [Stranger(relay.at) for _ in range(20)]
        if tls is not None:
            strangers += [Stranger(relay.at, tls) for _ in range(5)]
        assert all(stranger.is_closed() for stranger in strangers)


def test_half_a_head(place: tuple[Running, ssl.SSLContext | None]) -> None:
    relay, tls = place
    with honest(relay, tls):
        strangers = [Stranger(relay.at, tls).say(UPGRADE[:-3]) for _ in range(20)]
        strangers.append(Stranger(relay.at).say(b"\x16\x03\x01"))  # half a TLS hello, or half a request
        assert all(stranger.is_closed() for stranger in strangers)
    assert relay.front.counters.late >= 20


def test_a_head_and_a_body_by_drips(place: tuple[Running, ssl.SSLContext | None]) -> None:
    relay, tls = place
    body = b"POST / HTTP/1.1\r\nHost: r\r\nContent-Length: 100000\r\n\r\n"
    with honest(relay, tls):
        for dripping in (Stranger(relay.at, tls), Stranger(relay.at, tls).say(body)):
            dripping.sock.settimeout(0.05)
            closed = False
            for _ in range(200):
                dripping.say(b"X")
                try:
                    closed = not dripping.sock.recv(1000)
                except TimeoutError:
                    continue
                except OSError:
                    closed = True
                if closed:
                    break
            assert closed


def test_the_upgrade_and_then_nothing(place: tuple[Running, ssl.SSLContext | None]) -> None:
    relay, tls = place
    with honest(relay, tls):
        strangers = [Stranger(relay.at, tls).upgrade() for _ in range(20)]
        half = frame(FrameType.CLIENT_INFO, b"x" * 50, 200)
        strangers += [Stranger(relay.at, tls).upgrade().say(half) for _ in range(5)]
        assert all(stranger.is_closed() for stranger in strangers)
    assert relay.relay.counters.ends[End.GREETING_LATE] >= 25


def test_who_reads_no_pages_is_closed_and_its_socket_with_it(place: tuple[Running, ssl.SSLContext | None]) -> None:
    relay, tls = place
    with honest(relay, tls):
        stranger = Stranger(relay.at, tls)
        stranger.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        asking = threading.Thread(target=ask_without_reading, args=(stranger,))
        asking.start()
        asking.join()
        assert stranger.is_closed()


def ask_without_reading(stranger: Stranger) -> None:
    stranger.sock.settimeout(0.2)
    try:
        for _ in range(20_000):
            stranger.sock.sendall(b"GET / HTTP/1.1\r\nHost: r\r\n\r\n" * 8)
    except OSError:
        pass
    stranger.sock.settimeout(5)


def test_who_reads_no_packets_is_closed_and_its_socket_with_it(place: tuple[Running, ssl.SSLContext | None]) -> None:
    """Also one who has acknowledged bytes but keeps its window shut: the relay does not wait for it to end."""
    relay, tls = place
    with honest(relay, tls) as pair:
        slow = DerpClient(relay.at, tls=tls)
        for _ in range(60):
            pair.a.packet(slow, *[bytes(60_000)] * 5)
        wait_for(lambda: relay.relay.counters.ends.get(End.SLOW, 0) == 1)
        wait_for(lambda: is_let_go(relay, slow.sock))
        slow.close()


def is_let_go(relay: Running, sock: socket.socket) -> bool:
    """Whether the relay's end belongs to no process any more; the client cannot see it while bytes wait for it."""
    if sys.platform != "linux":
        return True
    ends = f"{relay.at.port:04X}", f"{sock.getsockname()[1]:04X}"
    rows = [line.split() for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]]
    return all(row[9] == "0" for row in rows if (row[1][9:], row[2][9:]) == ends)


def test_who_sends_before_the_decision_and_never_stops(place: tuple[Running, ssl.SSLContext | None]) -> None:
    relay, tls = place
    with honest(relay, tls):
        stranger = Stranger(relay.at, tls).upgrade()
        stranger.say(frame(FrameType.CLIENT_INFO, b"", 262_144) + bytes(300_000))
        assert stranger.is_closed()
        assert relay.relay.waiting_bytes == 0


def test_who_resets_leaves_nothing_behind(place: tuple[Running, ssl.SSLContext | None]) -> None:
    relay, tls = place
    with honest(relay, tls):
        for say in (b"", UPGRADE[:10], UPGRADE):
            for _ in range(5):
                stranger = Stranger(relay.at, tls).say(say)
                stranger.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                stranger.close()
        gone = DerpClient(relay.at, tls=tls)
        gone.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        gone.close()
        wait_for(lambda: relay.relay.clients == 2)
        wait_for(lambda: not relay.front._pending)


def test_who_closes_its_half_is_closed(place: tuple[Running, ssl.SSLContext | None]) -> None:
    relay, tls = place
    with honest(relay, tls):
        half = DerpClient(relay.at, tls=tls)
        wait_for(lambda: relay.relay.clients == 3)
        half.sock.shutdown(socket.SHUT_WR)
        wait_for(lambda: relay.relay.clients == 2)
        half.close()


@pytest.mark.skipif("epoll" not in DRIVERS, reason="epoll is Linux's")
def test_dead_clients_are_noticed_by_the_system_itself() -> None:
    """Keep-alives go out every minute; what is not acknowledged for 15 s ends the connection."""
    relay = start("epoll")
    client = DerpClient(relay.at)
    (item,) = relay.loop._sockets.values()  # type: ignore[attr-defined]
    assert item.sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
    assert item.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 15_000
    client.close()
    relay.end()
