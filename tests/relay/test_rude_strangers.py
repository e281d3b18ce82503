"""Strangers who say what nobody says, at every stage, and many at once: each is closed, honest clients are served."""

from __future__ import annotations

import os
import resource
import socket
import ssl
import sys

import pytest

from natscope.machines.derp.settings import FrontLimits
from natscope.wire.derp.frames import FrameType
from natscope.wire.keys import PrivateKey
from tests.relay.derp_client import UPGRADE, DerpClient
from tests.relay.drivers import DRIVERS, Running, client_context, start, wait_for
from tests.relay.strangers import Honest, Stranger, frame, greeting, honest

BEFORE_THE_UPGRADE = {
    "not HTTP": os.urandom(300) + b"\r\n\r\n",
    "TLS without TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(32) + b"\r\n\r\n",
    "endless head": b"GET / HTTP/1.1\r\nHost: r\r\n" + b"X-A: b\r\n" * 5000,
    "endless line": b"GET /" + b"a" * 40_000,
    "two hosts": b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "both lengths": b"POST / HTTP/1.1\r\nHost: r\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two lengths": b"POST / HTTP/1.1\r\nHost: r\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    "bad chunks": b"POST / HTTP/1.1\r\nHost: r\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "upgrade with a body": UPGRADE[:-2] + b"Content-Length: 5\r\n\r\nhello",
    "requests in a row": b"GET / HTTP/1.1\r\nHost: r\r\n\r\n" * 2000,
    "garbage in front of an upgrade": b"\r\n\r\n\x00\x01" + UPGRADE,
    "target that is no URL": b"GET http://[ HTTP/1.1\r\nHost: r\r\n\r\n",
}
AFTER_THE_UPGRADE = {
    "wrong first frame": frame(FrameType.PING, bytes(8)),
    "4 GiB": frame(FrameType.CLIENT_INFO, b"", 0xFFFF_FFFF),
    "one byte too long": frame(FrameType.CLIENT_INFO, b"", 262_145),
    "too short": frame(FrameType.CLIENT_INFO, bytes(31)),
    "a box that does not open": frame(FrameType.CLIENT_INFO, os.urandom(120)),
    "a key of zeros": frame(FrameType.CLIENT_INFO, bytes(120)),
    "garbage": b"\xff" * 4000,
    "HTTP again": UPGRADE,
}
AFTER_THE_GREETING = {
    "packet without a key": frame(FrameType.SEND_PACKET, bytes(31)),
    "packet too long": frame(FrameType.SEND_PACKET, b"", 65_569),
    "4 GiB": frame(FrameType.SEND_PACKET, b"", 0xFFFF_FFFF),
    "4 GiB of an unknown type": frame(0x7F, b"", 0xFFFF_FFFF),
    "short ping": frame(FrameType.PING, bytes(7)),
    "long ping": frame(FrameType.PING, bytes(1001)),
    "home of two bytes": frame(FrameType.NOTE_PREFERRED, bytes(2)),
    "watching without the mesh key": frame(FrameType.WATCH_CONNS, b""),
    "closing without the mesh key": frame(FrameType.CLOSE_PEER, bytes(32)),
    "forwarding without the mesh key": frame(FrameType.FORWARD_PACKET, bytes(70)),
}
PLACES = [("epoll", False), ("epoll", True), ("streams", False)]


@pytest.fixture(params=PLACES, ids=str)
def place(request: pytest.FixtureRequest) -> tuple[Running, ssl.SSLContext | None]:
    driver, tls = request.param
    if driver not in DRIVERS:
        pytest.skip("epoll is Linux's")
    limits = FrontLimits(accepts_per_s=1e9, accept_burst=10_000)
    return start(driver, tls=tls, limits=limits), client_context() if tls else None


def test_garbage_at_every_stage(place: tuple[Running, ssl.SSLContext | None]) -> None:
    relay, tls = place
    with honest(relay, tls) as pair:
        for name, data in BEFORE_THE_UPGRADE.items():
            assert Stranger(relay.at, tls).say(data).is_closed(), name
        pair.are_served()
        for name, data in AFTER_THE_UPGRADE.items():
            assert Stranger(relay.at, tls).upgrade().say(data).is_closed(), name
        pair.are_served()
        for name, data in AFTER_THE_GREETING.items():
            stranger = Stranger(relay.at, tls).upgrade()
            stranger.say(greeting(PrivateKey(os.urandom(32)), relay.relay.private.public) + data)
            assert stranger.is_closed(), name


def test_a_server_frame_and_unknown_ones_are_passed_over(place: tuple[Running, ssl.SSLContext | None]) -> None:
    relay, tls = place
    with honest(relay, tls) as pair:
        odd = [frame(kind, bytes(40)) for kind in (*range(0x20, 0x30), FrameType.RECV_PACKET, FrameType.HEALTH)]
        pair.a.sock.sendall(b"".join(odd))
        pair.are_served()


def test_a_flood_of_frames_leaves_the_others_their_turn(place: tuple[Running, ssl.SSLContext | None]) -> None:
    relay, tls = place
    with honest(relay, tls) as pair:
        flooders = [DerpClient(relay.at, tls=tls) for _ in range(3)]
        flood = frame(FrameType.SEND_PACKET, bytes(32) + bytes(100)) * 2000 + frame(FrameType.PING, bytes(8)) * 500
        for _ in range(5):
            for flooder in flooders:
                flooder.sock.sendall(flood)
            pair.are_served(5)
        for flooder in flooders:
            flooder.close()


def test_a_flood_of_connections(place: tuple[Running, ssl.SSLContext | None]) -> None:
    relay, tls = place
    with honest(relay, tls) as pair:
        for _ in range(10):
            strangers = [Stranger(relay.at).say(UPGRADE[:5]) for _ in range(60)]
            pair.are_served(3)
            for stranger in strangers:
                stranger.close()
        wait_for(lambda: not relay.front._pending)
        assert relay.relay.clients == 2


@pytest.mark.parametrize("driver", DRIVERS)
def test_more_connections_in_a_second_than_are_taken(driver: str) -> None:
    """Those beyond are closed at once, whatever they say."""
    relay = start(driver, limits=FrontLimits(accepts_per_s=0.01, accept_burst=4))
    pair = Honest(relay)
    try:
        strangers = [Stranger(relay.at) for _ in range(20)]
        closed = [stranger.is_closed() for stranger in strangers[2:]]
        assert all(closed)
        assert relay.front.counters.limited_connections == 18
        pair.are_served()
    finally:
        pair.close()
        relay.end()


@pytest.mark.skipif("epoll" not in DRIVERS, reason="epoll is Linux's")
def test_too_many_of_one_address_leave_others_their_places() -> None:
    relay, tls = start("epoll", tls=True, limits=FrontLimits(pending_per_source=8)), client_context()
    with honest(relay, tls):
        strangers = [Stranger(relay.at) for _ in range(30)]
        wait_for(lambda: relay.front.counters.refused_connections == 22)
        assert sum(stranger.is_closed() for stranger in strangers[8:]) == 22


@pytest.mark.skipif(sys.platform != "linux", reason="descriptors are counted as Linux does")
@pytest.mark.parametrize("driver", ["epoll"])
def test_no_descriptor_left(driver: str) -> None:
    """Newcomers are turned away, the loop goes on without spinning, and takes newcomers again later."""
    relay = start(driver, limits=FrontLimits(accepts_per_s=1e9, accept_burst=10_000))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with honest(relay) as pair:
        waiting = [Stranger(relay.at) for _ in range(20)]
        wait_for(lambda: len(relay.front._pending) == 20)
        newcomer = socket.socket()
        resource.setrlimit(resource.RLIMIT_NOFILE, (400, hard))
        fillers = fill_descriptors()
        try:
            newcomer.connect((str(relay.at.ip), relay.at.port))
            wait_for(lambda: relay.loop.accept_failures > 0)  # type: ignore[attr-defined]
            pair.are_served()
            assert relay.loop.accept_failures < 10  # type: ignore[attr-defined]
        finally:
            for filler in fillers:
                os.close(filler)
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        newcomer.settimeout(10)
        assert newcomer.recv(1) == b""
        newcomer.close()
        for stranger in waiting:
            stranger.close()


def fill_descriptors() -> list[int]:
    """All that are free below the limit."""
    found = []
    while True:
        try:
            found.append(os.dup(0))
        except OSError:
            return found
