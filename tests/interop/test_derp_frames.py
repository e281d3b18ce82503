"""Frames that are right, odd and wrong, to derper and to ours: both answer with the same frames, or close.

Each case is sent by a client of its own that was let in, between packets to itself, so that all that comes is seen.
derper writes some frames from goroutines of their own, so the order of answers is not compared.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from natscope.model.endpoint import Endpoint
from natscope.wire.derp.frames import HEADER, HEADER_BYTES, FrameType, encode
from natscope.wire.derp.hello import sealed_client_info
from natscope.wire.derp.reader import FrameReader
from natscope.wire.keys import PrivateKey
from tests.interop.derp_peers import MESH_KEY, Place, PlainDerper
from tests.relay import served
from tests.relay.derp_client import read_head

pytestmark = pytest.mark.interop

LIMIT_S = 10.0
SETTLED_S = 0.01
"""For what does not come by the way of packets."""
PLAIN, MESH = b'{"version":2}', f'{{"meshKey":"{MESH_KEY}","version":2}}'.encode()
UPGRADE = b"GET /derp HTTP/1.1\r\nHost: relay.test\r\nUpgrade: DERP\r\nConnection: Upgrade\r\n\r\n"
DISCO = "TS💬".encode()
NOBODY = bytes(range(32))
CLOSED = "closed"


def frame(kind: int, payload: bytes = b"", length: int | None = None) -> bytes:
    """A frame; `length` is what its head says, if not the truth."""
    return HEADER.pack(kind, len(payload) if length is None else length) + payload


@dataclass
class Raw:
    """A client of which a test says every byte. `key` is its own, `server` the relay's."""

    at: Endpoint
    private: PrivateKey = field(default_factory=lambda: PrivateKey(os.urandom(32)))

    def __post_init__(self) -> None:
        """Upgraded; nothing is said yet."""
        self.sock = socket.create_connection((str(self.at.ip), self.at.port), timeout=LIMIT_S)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.reader = FrameReader()
        self.waiting: list[tuple[int, bytes]] = []
        self.sock.sendall(UPGRADE)
        read_head(self.sock)
        kind, payload = self.next()
        assert kind == FrameType.SERVER_KEY
        self.server = payload[8:]

    @property
    def key(self) -> bytes:
        return self.private.public

    def hello(self, text: bytes) -> bytes:
        """The greeting with that JSON."""
        return encode(sealed_client_info(text, self.private, self.server, os.urandom(24)))

    def send(self, data: bytes) -> None:
        with contextlib.suppress(OSError):  # it may be closed already: the reader finds out
            self.sock.sendall(data)

    def next(self) -> tuple[int, bytes]:
        """The next frame; EOFError when the relay has closed."""
        while not self.waiting:
            try:
                data = self.sock.recv(65_536)
            except ConnectionError:
                data = b""
            if not data:
                raise EOFError
            self.waiting += self.reader.feed(data)
        return self.waiting.pop(0)

    def until(self, text: bytes) -> list[str]:
        """All frames up to a packet of ours to ourselves, in words that are the same for both relays."""
        self.send(frame(FrameType.SEND_PACKET, self.key + text))
        seen = []
        try:
            while (got := self.next()) != (FrameType.RECV_PACKET, self.key + text):
                seen.append(self.words(*got))
        except EOFError:
            return [*seen, CLOSED]
        return seen

    def all(self) -> list[str]:
        """All that comes, sorted."""
        seen = self.until(b"the end.")
        if CLOSED not in seen:
            time.sleep(SETTLED_S)
            seen += self.until(b"settled.")
        return sorted(seen)

    def words(self, kind: int, payload: bytes) -> str:
        known = {self.key: b"<own>", self.server: b"<server>"}
        for key, word in known.items():
            payload = payload.replace(key, word)
        name = FrameType(kind).name if kind in set(FrameType) else str(kind)
        if kind == FrameType.SERVER_INFO:
            return name
        if kind == FrameType.PEER_PRESENT:  # address and port are the moment's
            payload = payload[:-19] + payload[-1:]
        return f"{name} {payload[:40].hex()} {len(payload)}"


Case = Callable[[Raw], bytes]


def answers(at: Endpoint, case: Case, info: bytes) -> list[str]:
    """What a client gets that was let in with that greeting and sends those bytes."""
    raw = Raw(at)
    with raw.sock:
        raw.send(raw.hello(info))
        assert raw.until(b"let me in") == ["SERVER_INFO"]
        raw.send(case(raw))
        return raw.all()


def packet(to: bytes | None, data: bytes) -> Case:
    return lambda raw: frame(FrameType.SEND_PACKET, (raw.key if to is None else to) + data)


def other(kind: int, payload: bytes = b"", length: int | None = None) -> Case:
    return lambda raw: frame(kind, payload, length)


CASES: dict[str, Case] = {
    "a packet to itself": packet(None, b"hello"),
    "an empty packet": packet(None, b""),
    "the longest packet": packet(None, bytes(65_536)),
    "a byte too many": packet(None, bytes(65_537)),
    "a packet without a whole key": other(FrameType.SEND_PACKET, bytes(31)),
    "a packet with no key": other(FrameType.SEND_PACKET),
    "data to nobody": packet(NOBODY, b"data"),
    "disco to nobody": packet(NOBODY, DISCO + bytes(56)),
    "nearly disco to nobody": packet(NOBODY, DISCO + bytes(55)),
    "five times disco to nobody": lambda raw: packet(NOBODY, DISCO + bytes(56))(raw) * 5,
    "home": other(FrameType.NOTE_PREFERRED, b"\1"),
    "home, otherwise": other(FrameType.NOTE_PREFERRED, b"\x07"),
    "home in two bytes": other(FrameType.NOTE_PREFERRED, b"\1\1"),
    "home in no byte": other(FrameType.NOTE_PREFERRED),
    "a short ping": other(FrameType.PING, bytes(7)),
    "a ping": other(FrameType.PING, b"12345678"),
    "a ping with more": other(FrameType.PING, b"12345678 and more"),
    "the longest ping": other(FrameType.PING, bytes(1000)),
    "a ping too long": other(FrameType.PING, bytes(1001)),
    "a pong": other(FrameType.PONG, b"12345678"),
    "a short pong": other(FrameType.PONG, b"1"),
    "watching without the key": other(FrameType.WATCH_CONNS),
    "closing without the key": other(FrameType.CLOSE_PEER, NOBODY),
    "forwarding without the key": other(FrameType.FORWARD_PACKET, NOBODY + NOBODY + b"x"),
    "a frame of the future": other(0x77, b"anything"),
    "an empty frame of the future": other(0xFF),
    "a long frame of the future": other(0x76, bytes(60_000)),
    "a second greeting": lambda raw: raw.hello(PLAIN),
    "frames of a server": lambda raw: b"".join(
        frame(kind, bytes(40)) for kind in (FrameType.SERVER_KEY, FrameType.SERVER_INFO, FrameType.RECV_PACKET)
    ) + frame(FrameType.KEEP_ALIVE) + frame(FrameType.HEALTH, b"ill") + frame(FrameType.RESTARTING, bytes(8)),
    "many in one segment": lambda raw: b"".join(packet(None, bytes([n]))(raw) for n in range(20)),
}  # fmt: skip

MESH_CASES: dict[str, Case] = {
    "watching": other(FrameType.WATCH_CONNS),
    "watching with a byte": other(FrameType.WATCH_CONNS, b"x"),
    "closing nobody": other(FrameType.CLOSE_PEER, NOBODY),
    "closing itself": lambda raw: frame(FrameType.CLOSE_PEER, raw.key),
    "closing half a key": other(FrameType.CLOSE_PEER, NOBODY[:16]),
    "forwarding to itself": lambda raw: frame(FrameType.FORWARD_PACKET, NOBODY + raw.key + b"from afar"),
    "forwarding to nobody": other(FrameType.FORWARD_PACKET, NOBODY * 2 + b"data"),
    "forwarding disco to nobody": other(FrameType.FORWARD_PACKET, NOBODY * 2 + DISCO + bytes(56)),
    "forwarding one key": other(FrameType.FORWARD_PACKET, NOBODY),
    "forwarding the longest": lambda raw: frame(FrameType.FORWARD_PACKET, NOBODY + raw.key + bytes(65_536)),
    "forwarding too much": lambda raw: frame(FrameType.FORWARD_PACKET, NOBODY + raw.key + bytes(65_537)),
}

GREETINGS: dict[str, bytes] = {
    "as a node": b'{"version":2,"CanAckPings":true}',
    "as a prober with a name": b'{"version":2,"IsProber":true,"AppName":"x"}',
    "nothing in it": b"{}",
    "with more in it": b'{"version":2,"Future":{"a":[1,2]},"x":null}',
    "an old version": b'{"version":1}',
    "a new version": b'{"version":99}',
    "other letters": f'{{"MESHKEY":"{MESH_KEY}","VERSION":2}}'.encode(),
    "a version that is text": b'{"version":"2"}',
    "a version that is broken": b'{"version":2.5}',
    "a version that is whole": b'{"version":2.0}',
    "a huge version": b'{"version":99999999999999999999}',
    "a flag that is text": b'{"CanAckPings":"yes"}',
    "a flag that is null": b'{"CanAckPings":null}',
    "an empty mesh key": b'{"meshKey":""}',
    "half a mesh key": b'{"meshKey":"abcd"}',
    "a mesh key of zeros": b'{"meshKey":"' + b"0" * 64 + b'"}',
    "another mesh key": b'{"meshKey":"' + b"f" * 64 + b'"}',
    "a mesh key in capitals": b'{"meshKey":"' + MESH_KEY.upper().encode() + b'"}',
    "a mesh key with space": b'{"meshKey":" ' + MESH_KEY.encode() + b'\\n"}',
    "a mesh key that is no hex": b'{"meshKey":"' + b"x" * 64 + b'"}',
    "a mesh key that is null": b'{"meshKey":null}',
    "null": b"null",
    "a list": b"[]",
    "a number": b"2",
    "nothing": b"",
    "two": b"{}{}",
    "an open one": b'{"version":2',
    "space around": b' {"version":2}\n',
    "twice the same": b'{"version":2,"version":3}',
    "text that is not UTF-8": b'{"AppName":"\xff\xfe"}',
    "half a surrogate": b'{"AppName":"\\ud800"}',
    "deep": b'{"x":' + b"[" * 500 + b"]" * 500 + b"}",
    "a comment": b'{"version":2 /* two */}',
    "not a number": b'{"version":NaN}',
    "long": b'{"AppName":"' + b"a" * 200_000 + b'"}',
    "too long": b'{"AppName":"' + b"a" * 270_000 + b'"}',
}  # fmt: skip

OPENINGS: dict[str, Case] = {
    "a ping first": other(FrameType.PING, bytes(8)),
    "a packet first": packet(NOBODY, b"x"),
    "a greeting without a nonce": lambda raw: frame(FrameType.CLIENT_INFO, raw.key),
    "a greeting without a box": lambda raw: frame(FrameType.CLIENT_INFO, raw.key + bytes(24)),
    "a box for somebody else": lambda raw: encode(
        sealed_client_info(PLAIN, raw.private, PrivateKey(bytes(range(32))).public, bytes(24))
    ),
    "somebody else's key": lambda raw: frame(FrameType.CLIENT_INFO, NOBODY + raw.hello(PLAIN)[HEADER_BYTES + 32 :]),
    "a key of zeros": lambda raw: frame(FrameType.CLIENT_INFO, bytes(32) + bytes(60)),
    "a greeting that says 4 GiB": lambda raw: struct.pack(">BI", FrameType.CLIENT_INFO, 0xFFFFFFFF) + bytes(64),
    "a byte of the greeting changed": lambda raw: raw.hello(PLAIN)[:-1] + b"x",
}  # fmt: skip


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Endpoint, Endpoint]]:
    """Both makes without TLS, with a mesh key."""
    place = Place(tmp_path_factory.mktemp("frames"))
    derper = PlainDerper(place)
    try:
        with served.process("--mesh-key-file", str(place.mesh_key)) as ours:
            yield derper.at, ours.at
    finally:
        derper.end()


@pytest.mark.parametrize("name", CASES)
def test_frames_of_a_client(both: tuple[Endpoint, Endpoint], name: str) -> None:
    theirs, ours = (answers(at, CASES[name], PLAIN) for at in both)
    assert ours == theirs


@pytest.mark.parametrize("name", MESH_CASES)
def test_frames_of_a_mesh_peer(both: tuple[Endpoint, Endpoint], name: str) -> None:
    theirs, ours = (answers(at, MESH_CASES[name], MESH) for at in both)
    assert ours == theirs


def test_known_differences(both: tuple[Endpoint, Endpoint]) -> None:
    """Ours does less where one client could make it do a lot: no list for each of many questions in one read, and no
    reading on through a frame of up to 4 GiB that nobody knows.
    """
    theirs, ours = (answers(at, lambda raw: frame(FrameType.WATCH_CONNS) * 3, MESH) for at in both)
    assert theirs == ours * 3
    theirs, ours = (answers(at, other(0x76, bytes(70_000)), PLAIN) for at in both)
    assert (theirs, ours) == ([], [CLOSED])


def greeted(at: Endpoint, opening: Case) -> list[str]:
    """What comes after those first bytes, and whether that client may watch."""
    raw = Raw(at)
    with raw.sock:
        raw.send(opening(raw))
        seen = raw.until(b"let me in")
        if CLOSED not in seen:
            raw.send(frame(FrameType.WATCH_CONNS))
            seen += raw.all()
        return seen


@pytest.mark.parametrize("name", GREETINGS)
def test_greetings(both: tuple[Endpoint, Endpoint], name: str) -> None:
    theirs, ours = (greeted(at, lambda raw: raw.hello(GREETINGS[name])) for at in both)
    assert ours == theirs


@pytest.mark.parametrize("name", OPENINGS)
def test_openings_that_are_none(both: tuple[Endpoint, Endpoint], name: str) -> None:
    theirs, ours = (greeted(at, OPENINGS[name]) for at in both)
    assert ours == theirs == [CLOSED]


def test_what_is_sent_with_the_upgrade_in_one_segment(both: tuple[Endpoint, Endpoint]) -> None:
    """Fast start without TLS: the key of the relay is known from an earlier connection."""
    for at in both:
        first = Raw(at)
        first.sock.close()
        second = Raw.__new__(Raw)
        second.at, second.private, second.server = at, PrivateKey(os.urandom(32)), first.server
        second.reader, second.waiting = FrameReader(), []
        second.sock = socket.create_connection((str(at.ip), at.port), timeout=LIMIT_S)
        with second.sock:
            head = UPGRADE.replace(b"Connection:", b"Derp-Fast-Start: 1\r\nConnection:")
            second.send(head + second.hello(PLAIN) + packet(None, b"early")(second))
            seen = sorted(second.until(b"the end."))
            assert [words.split()[0] for words in seen] == ["RECV_PACKET", "SERVER_INFO", "SERVER_KEY"]
