"""A DERP client against our relay in memory: any cut, fast start, refusals, rates, garbage."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from natscope.errors import RefusedError, RemoteError
from natscope.machines.derp.connection import Connection
from natscope.machines.derp_client import READ_LIMIT_S, ClientOptions, DerpClientMachine, Stage
from natscope.wire.derp.frames import Frame, Ping, Pong, RecvPacket, encode
from natscope.wire.derp.hello import ClientInfo, ServerInfo, seal_server_info
from tests.machines.derp.harness import private_key
from tests.machines.derp.test_front import Door
from tests.wire.derp.vectors import VECTORS


class Client:
    """A client machine and its connection at a door; `exchange` carries bytes both ways until nothing moves."""

    def __init__(self, door: Door, name: str, *, fast: bool = False, cut: int = 1000) -> None:
        self.door, self.cut, self.name = door, cut, name
        key = door.relay.private.public if fast else b""
        self.machine = DerpClientMachine(private_key(name), ClientOptions(host="r.test", server_key=key), bytes(24))
        self.at: Connection = door.open()
        self.frames: list[Frame] = []
        self.sends = [self.machine.start()]
        self.exchange()

    def exchange(self, data: bytes = b"") -> list[Frame]:
        if data:
            self.door.send(self.at, data)
        elif self.sends:
            self.door.send(self.at, self.sends.pop())
        while came := self.door.take(self.at):
            for offset in range(0, len(came), self.cut):
                step = self.machine.received(came[offset : offset + self.cut], self.door.now)
                self.frames += step.frames
                if step.send:
                    self.door.send(self.at, step.send)
        taken, self.frames = self.frames, []
        return taken


@pytest.mark.parametrize("fast", [False, True])
@pytest.mark.parametrize("cut", [1, 7, 1000])
def test_two_clients_meet(fast: bool, cut: int) -> None:
    door = Door()
    a, b = Client(door, "a", fast=fast, cut=cut), Client(door, "b", fast=fast, cut=cut)
    assert (a.machine.stage, a.machine.info, a.machine.server_key) == (
        Stage.OPEN,
        ServerInfo(),
        door.relay.private.public,
    )
    a.exchange(a.machine.send_packet(private_key("b").public, b"hello", 0.0))
    door.send(b.at, b"")
    assert b.exchange() == [RecvPacket(private_key("a").public, b"hello")]
    a.exchange(a.machine.note_preferred(True))
    assert a.at.client is not None
    assert a.at.client.home
    assert a.exchange(a.machine.ping(b"12345678")) == [Pong(b"12345678")]


def test_the_request_is_the_known_one() -> None:
    machine = DerpClientMachine(private_key("a"), ClientOptions(host="derp.example.com"), bytes(24))
    assert machine.start().decode() == VECTORS["http"]["upgrade_request"]
    named = ClientOptions(host="derp.example.com", ideal_node="1a", headers=(("X-Test", "1"),))
    text = DerpClientMachine(private_key("a"), named, bytes(24)).start()
    assert b"Ideal-Node: 1a\r\nX-Test: 1\r\n" in text


def test_fast_start_is_one_flight() -> None:
    door = Door()
    machine = DerpClientMachine(
        private_key("a"), ClientOptions(host="r", server_key=door.relay.private.public), bytes(24)
    )
    first = machine.start()
    assert b"Derp-Fast-Start: 1\r\n" in first
    at = door.open()
    door.send(at, first + machine.send_packet(private_key("a").public, b"early", 0.0))
    step = machine.received(door.take(at), 0.0)
    assert (machine.stage, step.frames) == (Stage.OPEN, [RecvPacket(private_key("a").public, b"early")])


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n", "HTTP 426 instead of switching"),
        (b"HTTP/1.1 301 Moved\r\nLocation: https://x/\r\nContent-Length: 0\r\n\r\n", "HTTP 301"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "HTTP 200"),
    ],
)
def test_who_does_not_switch_refuses(answer: bytes, words: str) -> None:
    machine = DerpClientMachine(private_key("a"), ClientOptions(host="r"), bytes(24))
    machine.start()
    with pytest.raises(RefusedError, match=words):
        machine.received(answer, 0.0)


SWITCH = VECTORS["http"]["upgrade_response_101"].encode()


@pytest.mark.parametrize(
    "answer",
    [b"nonsense\r\n\r\n", b"x" * 20_000, SWITCH + encode(Pong(bytes(8))), SWITCH + bytes.fromhex("05ffffffff")],
)
def test_what_is_no_derp_is_told(answer: bytes) -> None:
    machine = DerpClientMachine(private_key("a"), ClientOptions(host="r"), bytes(24))
    machine.start()
    with pytest.raises(RemoteError):
        machine.received(answer, 0.0)


@settings(deadline=None)
@given(st.binary(max_size=300), st.booleans())
def test_garbage(data: bytes, switched: bool) -> None:
    machine = DerpClientMachine(private_key("a"), ClientOptions(host="r"), bytes(24))
    machine.start()
    with contextlib.suppress(RemoteError, RefusedError):
        machine.received((SWITCH if switched else b"") + data, 0.0)


def test_a_told_rate_is_kept() -> None:
    server, a = private_key("relay"), private_key("a")
    machine = DerpClientMachine(a, ClientOptions(host="r", server_key=server.public), bytes(24))
    machine.start()
    told = ServerInfo(bytes_per_second=100_000, burst_bytes=65_568)
    machine.received(encode(seal_server_info(told, server, a.public, bytes(24))), 0.0)
    assert machine.info == told
    sent = [machine.send_packet(bytes(32), bytes(1000), 0.0) for _ in range(70)]
    assert sum(map(bool, sent)) == 63
    assert machine.limited == 7
    assert machine.send_packet(bytes(32), bytes(1000), 1.0)


def test_pings_are_answered_and_silence_is_noticed() -> None:
    door = Door()
    a = Client(door, "a")
    assert a.machine.received(encode(Ping(b"abcdefgh")), 5.0).send == encode(Pong(b"abcdefgh"))
    assert a.machine.deadline() == 5.0 + READ_LIMIT_S


def test_a_packet_that_is_too_long_is_refused_here() -> None:
    machine = DerpClientMachine(private_key("a"), ClientOptions(host="r", info=ClientInfo()), bytes(24))
    with pytest.raises(RemoteError, match="65537 bytes"):
        machine.send_packet(bytes(32), bytes(65_537), 0.0)
