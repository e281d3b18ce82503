"""Whole messages and sockets between processes, and a loop that waits for them."""

from __future__ import annotations

import os
import socket
import time

from natscope.host.real.reactor import Reactor
from natscope.host.real.worker_channel import Channel, stream_pair


def pair() -> tuple[Channel, Channel]:
    here, there = Channel.pair()
    return here, Channel(there)


def test_messages_stay_whole_and_the_end_is_read() -> None:
    here, there = pair()
    assert there.receive() is None
    assert here.send(b"one")
    assert here.send(b"two" * 1000)
    assert there.receive() == (b"one", None)
    assert there.wait(1.0) == b"two" * 1000
    assert there.wait(0.01) == b""
    here.close()
    assert there.receive() == (b"", None)
    assert not there.send(b"nobody")
    there.close()


def test_a_socket_goes_along_and_is_not_inherited_by_others() -> None:
    here, there = pair()
    one, other = socket.socketpair()
    assert here.send(b"E", other)
    other.close()
    got = there.receive()
    assert got is not None
    message, sock = got
    assert message == b"E"
    assert sock is not None
    assert not os.get_inheritable(sock.fileno())
    one.sendall(b"hello")
    assert sock.recv(10) == b"hello"
    for end in (one, sock):
        end.close()
    here.close()
    there.close()


def test_who_does_not_read_is_told_nothing_more_and_nobody_waits() -> None:
    here, there = pair()
    sent = 0
    while here.send(b"x" * 1000):
        sent += 1
        assert sent < 100_000
    assert there.receive() == (b"x" * 1000, None)
    assert here.send(b"again")
    here.close()
    there.close()


def test_streams_for_others() -> None:
    one, other = stream_pair()
    one.sendall(b"abc")
    assert other.recv(10) == b"abc"
    one.close()
    assert other.recv(10) == b""
    other.close()


def test_a_reactor_reads_waits_and_outlives_faults() -> None:
    failed: list[BaseException] = []
    reactor = Reactor(failed.append)
    here, there = pair()
    heard: list[object] = []
    reactor.watch(there.fileno(), lambda: heard.append(there.receive()))
    here.send(b"a")
    reactor.turn(1.0)
    assert heard == [(b"a", None)]
    began = time.monotonic()
    reactor.later(0.05, lambda: heard.append("later"))
    reactor.later(0.01, lambda: heard.remove("nothing"))
    while "later" not in heard:
        reactor.turn()
    assert time.monotonic() - began >= 0.05
    assert isinstance(failed[0], ValueError)
    reactor.post(reactor.stop)
    reactor.serve()
    reactor.forget(there.fileno())
    here.send(b"b")
    reactor.turn(0.0)
    assert len(heard) == 2
    reactor.close()
    here.close()
    there.close()
