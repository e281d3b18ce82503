"""TLS of the relay's own loop: records in any pieces, words of farewell, what is no TLS, buffers that are shared."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
from collections.abc import Iterator

import pytest

from natscope.machines.derp.relay import Relay
from natscope.wire.keys import PrivateKey
from tests.relay.derp_client import DerpClient
from tests.relay.drivers import OnEpoll, client_context, front_of, wait_for

LIMIT_S = 10.0


@pytest.fixture
def running() -> Iterator[OnEpoll]:
    relay = OnEpoll(front_of(Relay(PrivateKey(os.urandom(32))), tls=True), tls=True, allowed=None)
    yield relay
    relay.end()


def dial(relay: OnEpoll) -> socket.socket:
    return socket.create_connection((str(relay.at.ip), relay.at.port), timeout=LIMIT_S)


class ByHand:
    """A TLS client whose encrypted bytes the test moves itself."""

    def __init__(self, relay: OnEpoll) -> None:
        self.sock = dial(relay)
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = client_context().wrap_bio(self.incoming, self.outgoing, server_hostname="relay.test")

    def flush(self, piece: int = 1 << 16) -> None:
        data = self.outgoing.read()
        for start in range(0, len(data), piece):
            self.sock.sendall(data[start : start + piece])

    def shake_hands(self, piece: int) -> None:
        while True:
            try:
                self.tls.do_handshake()
                self.flush(piece)
                return
            except ssl.SSLWantReadError:
                self.flush(piece)
                self.incoming.write(self.sock.recv(65536))

    def read(self) -> bytes:
        """What comes until the server has said that it is done; an end without that word raises."""
        got = b""
        while True:
            try:
                piece = self.tls.read(65536)
            except ssl.SSLWantReadError:
                data = self.sock.recv(65536)
                self.incoming.write(data) if data else self.incoming.write_eof()
                continue
            except ssl.SSLZeroReturnError:  # both have said it
                return got
            if not piece:
                return got
            got += piece


def test_records_that_come_a_byte_at_a_time_while_others_talk(running: OnEpoll) -> None:
    a, b = (DerpClient(running.at, tls=client_context()) for _ in range(2))
    slow = ByHand(running)
    slow.shake_hands(piece=7)
    slow.tls.write(b"GET /derp/probe HTTP/1.1\r\nHost: relay.test\r\nConnection: close\r\n\r\n")
    data = slow.outgoing.read()
    for n in range(len(data)):
        slow.sock.sendall(data[n : n + 1])
        a.packet(b, b"between %d" % n)
        assert b.packets(1) == [b"between %d" % n]
    answer = slow.read()
    assert answer.startswith(b"HTTP/1.1 200 ")
    for client in (a, b):
        client.close()
    slow.sock.close()


def test_a_client_that_says_it_is_done_is_let_go(running: OnEpoll) -> None:
    client = ByHand(running)
    client.shake_hands(piece=1 << 16)
    with pytest.raises(ssl.SSLWantReadError):
        client.tls.unwrap()
    client.flush()
    assert client.read() == b""
    wait_for(lambda: running.loop.connections == 0)
    client.sock.close()


@pytest.mark.parametrize("garbage", [b"GET / HTTP/1.1\r\n\r\n", bytes(600), b"\x16\x03\x01\xff\xff" + bytes(70_000)])
def test_what_is_no_tls_ends_only_itself(running: OnEpoll, garbage: bytes) -> None:
    a, b = (DerpClient(running.at, tls=client_context()) for _ in range(2))
    with dial(running) as sock:
        with contextlib.suppress(OSError):  # the relay may have closed it before we have said all
            sock.sendall(garbage)
            sock.shutdown(socket.SHUT_WR)
        wait_for(lambda: running.loop.connections == 2)
    a.packet(b, b"still here")
    assert b.packets(1) == [b"still here"]
    for client in (a, b):
        client.close()


def test_a_wrong_record_after_the_handshake_ends_only_itself(running: OnEpoll) -> None:
    a, b, wrong = (DerpClient(running.at, tls=client_context()) for _ in range(3))
    raw = socket.socket(fileno=wrong.sock.detach())
    raw.sendall(b"\x17\x03\x03\x00\x40" + os.urandom(0x40) + b"\x17\x03\x03\x00\x40" + os.urandom(0x40))
    wait_for(lambda: running.loop.connections == 2)
    a.packet(b, b"still here")
    assert b.packets(1) == [b"still here"]
    for client in (a, b):
        client.close()
    raw.close()
