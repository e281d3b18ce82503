"""What only the epoll loop of the relay does: new certificates, waking up, giving everything back."""

from __future__ import annotations

import contextlib
import os
import ssl
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from natscope.host.real.relay_loop import GATHER_BYTES
from natscope.host.real.relay_socket import RelaySocket
from natscope.machines.derp import frames_in
from natscope.machines.derp.effects import Effects
from natscope.machines.derp.relay import Relay
from natscope.wire.derp.frames import FrameType, PeerGone, Ping, RecvPacket
from natscope.wire.keys import PrivateKey
from tests.relay.derp_client import DerpClient
from tests.relay.drivers import OnEpoll, client_context, front_of, server_context, wait_for

if sys.platform != "linux":
    pytest.skip("epoll is Linux's", allow_module_level=True)


def running(*, tls: bool = False, late: bool = False) -> OnEpoll:
    return OnEpoll(
        front_of(Relay(PrivateKey(os.urandom(32))), tls=tls), tls=tls, allowed=(lambda client: True) if late else None
    )


def test_a_loop_that_was_woken_sleeps_again() -> None:
    relay = running(late=True)
    a = DerpClient(relay.at)
    a.packet(a, b"to myself")
    assert a.packets(1) == [b"to myself"]
    used = time.process_time()
    time.sleep(0.3)
    assert time.process_time() - used < 0.2
    a.close()
    relay.end()


def test_another_certificate_for_new_connections() -> None:
    relay = running(tls=True)
    context = server_context(trustme.CA())
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

    running().end()
    before = open_files()
    relay = running(tls=True)
    clients = [DerpClient(relay.at, tls=client_context()) for _ in range(20)]
    relay.end()
    for client in clients:
        client.close()
    assert open_files() == before


@contextlib.contextmanager
def held(relay: OnEpoll) -> Iterator[None]:
    """The loop stands still meanwhile: all that is sent then comes in one turn."""
    stands, goes_on = threading.Event(), threading.Event()

    def stand(_: float) -> Effects:
        stands.set()
        assert goes_on.wait(10.0)
        return Effects()

    relay.loop.post(stand)
    assert stands.wait(10.0)
    try:
        yield
    finally:
        time.sleep(0.05)  # for the system to bring it
        goes_on.set()


@pytest.fixture
def writes(monkeypatch: pytest.MonkeyPatch) -> list[tuple[bytes, bytes]]:
    """Key and bytes of each write to a client."""
    found: list[tuple[bytes, bytes]] = []
    usual = RelaySocket.write

    def write(self: RelaySocket, data: bytes) -> bool:
        if self.client is not None:
            found.append((self.client.key, data))
        return usual(self, data)

    monkeypatch.setattr(RelaySocket, "write", write)
    return found


def test_what_several_send_to_one_in_a_turn_is_one_write(writes: list[tuple[bytes, bytes]]) -> None:
    relay = running()
    to, *others = clients = [DerpClient(relay.at) for _ in range(5)]
    with held(relay):
        for number, client in enumerate(others):
            client.packet(to, b"%d" % number)
    assert sorted(to.packets(4)) == [b"0", b"1", b"2", b"3"]
    assert [key for key, _ in writes] == [to.key]
    assert writes[0][1].count(bytes([FrameType.RECV_PACKET, 0, 0, 0, 33])) == 4
    for client in clients:
        client.close()
    relay.end()


def test_much_does_not_wait_for_the_end_of_the_turn(writes: list[tuple[bytes, bytes]]) -> None:
    """What is gathered is bounded: also where everybody writes to somebody who does not read."""
    relay = running()
    to, *others = clients = [DerpClient(relay.at) for _ in range(9)]
    size, packets = 1000, 30
    with held(relay):
        for client in others:
            client.packet(to, *[bytes(size)] * packets)
    assert len(to.packets(len(others) * packets)) == len(others) * packets
    assert len(writes) > 1
    assert max(len(data) for _, data in writes) < GATHER_BYTES + packets * (size + 37)
    for client in clients:
        client.close()
    relay.end()


def test_a_fault_in_sending_costs_the_one_it_was_for(monkeypatch: pytest.MonkeyPatch) -> None:
    relay = running()
    bad, good, sender, other = clients = [DerpClient(relay.at) for _ in range(4)]
    usual = RelaySocket.write

    def write(self: RelaySocket, data: bytes) -> bool:
        if self.client is not None and self.client.key == bad.key:
            raise IndexError("a mistake of ours")
        return usual(self, data)

    monkeypatch.setattr(RelaySocket, "write", write)
    with held(relay):
        sender.packet(bad, b"lost")
        other.packet(good, b"arrives")
        sender.packet(good, b"arrives too")
    assert sorted(good.packets(2)) == [b"arrives", b"arrives too"]
    wait_for(lambda: relay.relay.clients == 3)
    assert relay.loop.faults == 1
    sender.packet(other, b"goes on")
    assert other.packets(1) == [b"goes on"]
    for client in clients:
        client.close()
    relay.end()


def test_a_fault_in_reading_leaves_what_others_sent_in_the_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise IndexError("a mistake of ours")

    relay = running()
    sender, bad, to = clients = [DerpClient(relay.at) for _ in range(3)]
    monkeypatch.setitem(frames_in._HANDLERS, FrameType.PING, broken)
    with held(relay):
        sender.packet(to, b"before")  # the system tells of those who are ready in their order
        time.sleep(0.02)
        bad.send(Ping(bytes(8)))
    sender.packet(to, b"after")
    assert to.packets(2) == [b"before", b"after"]
    wait_for(lambda: relay.relay.clients == 2)
    assert relay.loop.faults == 1
    for client in clients:
        client.close()
    relay.end()


def test_packets_leave_before_the_word_that_their_sender_is_gone() -> None:
    relay = running(tls=True)
    sender, to = (DerpClient(relay.at, tls=client_context()) for _ in range(2))
    sender.packet(to, b"first")
    assert to.packets(1) == [b"first"]
    with held(relay):
        sender.packet(to, b"last")
        assert isinstance(sender.sock, ssl.SSLSocket)
        sender.sock.settimeout(0.1)
        with contextlib.suppress(OSError):
            sender.sock.unwrap()  # its word of farewell comes in the same read
    frames = [to.next(), to.next()]
    assert [type(frame) for frame in frames] == [RecvPacket, PeerGone]
    sender.close()
    to.close()
    relay.end()
