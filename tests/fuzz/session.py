"""The relay's door under a program of operations: connections, HTTP, WebSocket, greetings, frames, time, mesh links.

Whatever the program does, nothing may be raised and `check` must hold after every operation.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable

from natscope.machines.derp.client import Client
from natscope.machines.derp.connection import Connection
from natscope.machines.derp.effects import Effects
from natscope.machines.derp.front import Front
from natscope.machines.derp.pages import Pages
from natscope.machines.derp.registry import MeshLink
from natscope.machines.derp.relay import Relay
from natscope.machines.derp.settings import FrontLimits, RateLimit, RelaySettings
from natscope.model.endpoint import Endpoint
from natscope.wire.derp.frames import HEADER, FrameType, encode
from natscope.wire.derp.hello import ClientInfo, seal_client_info, sealed_client_info
from natscope.wire.derp.parsing import decode
from natscope.wire.derp.reader import FrameReader
from tests.fuzz.invariants import check
from tests.fuzz.program import Op, unpack
from tests.machines.derp.harness import DISCO, MESH_KEY, private_key

SLOTS, KEYS = 8, 6
PRIVATE = [private_key(f"fuzz {number}") for number in range(KEYS)]
RELAY_KEY = private_key("relay")
NONCE = bytes(24)
UPGRADES = (
    b"GET /derp HTTP/1.1\r\nHost: r\r\nUpgrade: DERP\r\nConnection: Upgrade\r\n\r\n",
    b"GET /derp HTTP/1.1\r\nHost: r\r\nUpgrade: DERP\r\nConnection: Upgrade\r\nDerp-Fast-Start: 1\r\n\r\n",
    b"\r\n".join(
        (
            b"GET /derp HTTP/1.1",
            b"Host: r",
            b"Upgrade: websocket",
            b"Connection: Upgrade",
            b"Sec-WebSocket-Version: 13",
            b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
            b"Sec-WebSocket-Protocol: derp",
            b"",
            b"",
        )
    ),
)
TO_CLIENTS = frozenset(
    (FrameType.SERVER_KEY, FrameType.SERVER_INFO, FrameType.RECV_PACKET, FrameType.KEEP_ALIVE, FrameType.PEER_GONE,
     FrameType.PEER_PRESENT, FrameType.PING, FrameType.PONG, FrameType.HEALTH, FrameType.RESTARTING)
)  # fmt: skip


class Slot:
    """One connection as its peer sees it."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.kept = b""
        self.reader = FrameReader()
        self.ended = False


class Session:
    """Runs programs. `signature` tells apart what happened."""

    def __init__(self) -> None:
        settings = RelaySettings(mesh_key=MESH_KEY, rate=RateLimit())
        self.relay = Relay(RELAY_KEY, settings)
        self.front = Front(self.relay, Pages(), lambda: "now", FrontLimits(pending=6, pending_per_source=3))
        self.now = 0.0
        self.slots: list[Slot | None] = [None] * SLOTS
        self.by_connection: dict[Connection, Slot] = {}
        self.waiting: deque[Client] = deque()
        self.links = [MeshLink(self.relay.number(), f"mesh {n}") for n in range(2)]
        self.packets_in = self.packets_out = 0
        self.seen: set[Hashable] = set()

    def run(self, program: bytes) -> Hashable:
        """All operations."""
        for op in unpack(program):
            action = ACTIONS[op.code % len(ACTIONS)]
            action(self, op.place % SLOTS, op.place >> 4, op.data)
            check(self.front)
            assert self.packets_out <= self.packets_in, "one packet became several"
        counters = self.relay.counters
        return (
            frozenset(self.seen), frozenset(counters.drops), frozenset(counters.ends),
            frozenset(self.front.counters.by_status), counters.unknown_frames > 0, self.front.counters.websockets > 0,
        )  # fmt: skip

    def send(self, place: int, cut: int, data: bytes) -> None:
        """Bytes of a peer, in the pieces that `cut` says."""
        slot = self.slots[place]
        if slot is None or slot.ended:
            return
        data, slot.kept = slot.kept + data, b""
        if cut == 3:
            slot.kept = data
        elif cut == 1 and len(data) < 300:
            for byte in data:
                self.receive(slot, bytes((byte,)))
        elif cut == 2:
            for part in (data[: len(data) // 2], data[len(data) // 2 :]):
                self.receive(slot, part)
        else:
            self.receive(slot, data)

    def receive(self, slot: Slot, data: bytes) -> None:
        """One read, as long as the driver would still give it."""
        if not slot.ended and data:
            before = self.relay.counters.packets_received + self.relay.counters.forwarded_in
            effects = self.front.received(slot.connection, data, self.now, 0.5)
            self.carry_out(effects)
            self.packets_in += self.relay.counters.packets_received + self.relay.counters.forwarded_in - before

    def carry_out(self, effects: Effects) -> None:
        """As a driver does."""
        assert effects.pause_s >= 0
        closing = {outlet for outlet, _ in effects.closes}
        for connection, raw in effects.raw.items():
            assert isinstance(raw, bytes)
            assert connection in self.by_connection
        for outlet, pieces in effects.sends.items():
            if isinstance(outlet, MeshLink):
                self.heard(outlet.source, FrameReader(), b"".join(pieces))
                continue
            owner = outlet.owner
            assert isinstance(owner, Connection)
            assert not outlet.closed or outlet in closing, "a frame for a connection that was closed before"
            wrapped = owner.ready(pieces)
            assert owner.websocket is not None or wrapped == b"".join(pieces)
            self.heard("client", self.by_connection[owner].reader, b"".join(pieces))
        for outlet, reason in effects.closes:
            self.seen.add(reason)
            assert outlet.closed
            if isinstance(outlet.owner, Connection):
                self.by_connection[outlet.owner].ended = True
        if effects.admit is not None:
            self.waiting.append(effects.admit)

    def heard(self, who: str, reader: FrameReader, data: bytes) -> None:
        """What leaves is whole frames, of the right types."""
        for kind, payload in reader.feed(data):
            frame = decode(kind, payload)
            assert encode(frame)[5:] == payload
            assert (kind in TO_CLIENTS) if who == "client" else (kind == FrameType.FORWARD_PACKET)
            self.packets_out += kind in (FrameType.RECV_PACKET, FrameType.FORWARD_PACKET)
            self.seen.add((who, kind))
        assert reader.held == 0, "half a frame left"

    def masked(self, place: int, data: bytes, opcode: int = 2) -> bytes:
        """As a message, where the connection speaks WebSocket."""
        slot = self.slots[place]
        if slot is None or slot.connection.websocket is None:
            return data
        return websocket_frame(data, 0x80 | opcode)


def websocket_frame(data: bytes, first: int) -> bytes:
    """A masked frame; the mask is zero."""
    if len(data) < 126:
        head = bytes((first, 0x80 | len(data)))
    elif len(data) < 65_536:
        head = bytes((first, 0x80 | 126)) + len(data).to_bytes(2, "big")
    else:
        head = bytes((first, 0x80 | 127)) + len(data).to_bytes(8, "big")
    return head + bytes(4) + data


def _byte(data: bytes, at: int) -> int:
    return data[at] if at < len(data) else 0


def do_open(session: Session, place: int, _: int, data: bytes) -> None:
    if session.slots[place] is not None:
        do_close(session, place, 0, b"")
    address = Endpoint.parse(f"192.0.2.{_byte(data, 0) % 4}:4000")
    connection = session.front.opened(address, session.now, encrypted=_byte(data, 1) % 4 != 3)
    if connection is not None:
        session.slots[place] = session.by_connection[connection] = Slot(connection)


def do_close(session: Session, place: int, _: int, data: bytes) -> None:
    slot = session.slots[place]
    if slot is not None:
        session.slots[place] = None
        if not slot.ended or _byte(data, 0) & 1:  # one driver forgets what the machine has ended, the other tells again
            slot.ended = True
            session.carry_out(session.front.closed(slot.connection))


def do_raw(session: Session, place: int, cut: int, data: bytes) -> None:
    session.send(place, cut, data)


def do_upgrade(session: Session, place: int, cut: int, data: bytes) -> None:
    session.send(place, cut, UPGRADES[_byte(data, 0) % len(UPGRADES)])


def do_hello(session: Session, place: int, cut: int, data: bytes) -> None:
    """Byte 0: whose key; byte 1: bits of what it says; more bytes: they are the text in the box."""
    private, bits = PRIVATE[_byte(data, 0) % KEYS], _byte(data, 1)
    info = ClientInfo(is_prober=bool(bits & 1), mesh_key=MESH_KEY if bits & 2 else b"", app_name="x" * (bits >> 4))
    if len(data) > 2:
        sealed = sealed_client_info(data[2:], private, RELAY_KEY.public, NONCE)
    else:
        sealed = seal_client_info(info, private, RELAY_KEY.public, NONCE)
    session.send(place, cut, session.masked(place, encode(sealed)))


def do_frame(session: Session, place: int, cut: int, data: bytes) -> None:
    """Byte 0: the type; bytes 1 to 5: a length instead of the right one, when byte 1 is odd."""
    payload = data[6:]
    length = int.from_bytes(data[2:6], "big") if _byte(data, 1) & 1 else len(payload)
    session.send(place, cut, session.masked(place, HEADER.pack(_byte(data, 0), length) + payload))


def do_packet(session: Session, place: int, cut: int, data: bytes) -> None:
    """Byte 0: to whom; byte 1: how long; byte 2: how many; byte 3: disco or not."""
    key = PRIVATE[_byte(data, 0) % KEYS].public
    packet = (DISCO if _byte(data, 3) & 1 else b"") + bytes(_byte(data, 1) * 7)
    frame = HEADER.pack(FrameType.SEND_PACKET, len(key) + len(packet)) + key + packet
    session.send(place, cut, session.masked(place, frame * (1 + _byte(data, 2) % 50)))


def do_forward(session: Session, place: int, cut: int, data: bytes) -> None:
    keys = [PRIVATE[_byte(data, n) % KEYS].public for n in (0, 1)]
    payload = b"".join(keys) + data[2:]
    session.send(place, cut, session.masked(place, HEADER.pack(FrameType.FORWARD_PACKET, len(payload)) + payload))


def do_block(session: Session, place: int, _: int, __: bytes) -> None:
    slot = session.slots[place]
    if slot is not None and not slot.ended:
        session.front.blocked(slot.connection, session.now)


def do_drain(session: Session, place: int, _: int, __: bytes) -> None:
    slot = session.slots[place]
    if slot is not None and not slot.ended:
        pieces = session.front.drained(slot.connection)
        if pieces:
            slot.connection.ready(pieces)
            if slot.connection.client is not None:
                session.heard("client", slot.reader, b"".join(pieces))


def do_tick(session: Session, _: int, __: int, data: bytes) -> None:
    session.now += _byte(data, 0) * 0.5
    deadline = session.front.deadline()
    if deadline is not None and deadline <= session.now:
        session.carry_out(session.front.tick(session.now))
        after = session.front.deadline()
        assert after is None or after > deadline or session.front.tick(session.now).closes == []


def do_admit(session: Session, _: int, __: int, data: bytes) -> None:
    if session.waiting:
        client = session.waiting.popleft()
        before = session.relay.counters.packets_received
        session.carry_out(session.front.admitted(client, bool(_byte(data, 0) & 1), NONCE, session.now))
        session.packets_in += session.relay.counters.packets_received - before


def do_join(session: Session, place: int, cut: int, data: bytes) -> None:
    """All of the way in. Bytes: kind of upgrade, key, what it says."""
    do_open(session, place, 0, b"")
    do_upgrade(session, place, 0, data[:1])
    do_hello(session, place, 0, data[1:3])
    while session.waiting:
        do_admit(session, 0, 0, b"\x01")


def do_websocket(session: Session, place: int, cut: int, data: bytes) -> None:
    """Byte 0: the first byte of the frame."""
    session.send(place, cut, websocket_frame(data[1:], _byte(data, 0)))


def do_link(session: Session, place: int, _: int, data: bytes) -> None:
    """Another relay tells who is there: byte 0 what, byte 1 whom."""
    link, key = session.links[place % 2], PRIVATE[_byte(data, 1) % KEYS].public
    what, effects = _byte(data, 0) % 5, Effects()
    presence = session.relay.presence
    if link.closed:
        session.links[place % 2] = MeshLink(session.relay.number(), "again")
    elif what == 0:
        presence.link_added(link, key)
    elif what == 1:
        presence.link_removed(link, key, effects, session.relay)
    elif what == 2:
        presence.link_lost(link, effects, session.relay)
    elif what == 3:
        session.relay.blocked(link, session.now)
    else:
        session.heard(link.source, FrameReader(), b"".join(session.relay.drained(link)))
    session.carry_out(effects)


def do_operator(session: Session, _: int, __: int, data: bytes) -> None:
    """What the relay's own program asks for: byte 0 what."""
    what, relay = _byte(data, 0) % 5, session.relay
    effects = [
        lambda: relay.set_rate(RateLimit(bytes_per_second=_byte(data, 1) * 1000)),
        lambda: relay.set_health("trouble" if _byte(data, 1) & 1 else ""),
        lambda: relay.restarting(1, 2),
        lambda: relay.close_some(0.3),
        lambda: Effects(),
    ][what]()
    session.carry_out(session.front._settled(effects))


ACTIONS: tuple[Callable[[Session, int, int, bytes], None], ...] = (
    do_join, do_open, do_raw, do_upgrade, do_hello, do_frame, do_packet, do_close, do_block, do_drain, do_tick,
    do_admit, do_forward, do_websocket, do_link, do_operator,
)  # fmt: skip
CODES = {action.__name__.removeprefix("do_"): code for code, action in enumerate(ACTIONS)}


def op(name: str, place: int = 0, data: bytes = b"") -> Op:
    """An operation by its name."""
    return Op(CODES[name], place, data)
