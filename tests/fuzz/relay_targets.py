"""DERP: frames, the greeting, the stream, the door with all sessions behind it, the client."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Hashable, Sequence

from natscope.errors import RefusedError, RemoteError
from natscope.machines.derp.connection import Connection
from natscope.machines.derp.forwarded import parse_networks
from natscope.machines.derp.front import Front
from natscope.machines.derp.pages import Pages
from natscope.machines.derp.relay import Relay
from natscope.machines.derp.settings import FrontLimits
from natscope.machines.derp_client import ClientOptions, DerpClientMachine
from natscope.model.endpoint import Endpoint
from natscope.wire.derp.frames import HEADER, FrameType, encode
from natscope.wire.derp.hello import (
    ServerInfo,
    client_info_from_json,
    open_client_info,
    open_server_info,
    seal_server_info,
    sealed_client_info,
)
from natscope.wire.derp.parsing import decode
from natscope.wire.derp.reader import FrameReader
from tests.fuzz.invariants import check
from tests.fuzz.mutate import LENGTHS
from tests.fuzz.program import Op, pack, program_mutator
from tests.fuzz.session import CODES, NONCE, PRIVATE, RELAY_KEY, UPGRADES, Session, op
from tests.fuzz.target import Target
from tests.wire.derp.vectors import VECTORS

HTTP = VECTORS["http"]
PROXIES = parse_networks(["192.0.2.0/24"])
STRANGER = Endpoint.parse("198.51.100.7:4000")
"""Two of its connections are pending already: one more is too many, also through a proxy."""
LIMITS = FrontLimits(pending_per_source=2)
FRAMES = [bytes.fromhex(case["hex"]) for case in VECTORS["frames"]]
TEXTS = [case["json"].encode() for case in VECTORS["client_info_json"]]


def frame(data: bytes) -> Hashable:
    """Type and payload. What was read is written as it was, or as something that reads the same."""
    try:
        found = decode(data[0] if data else 0, data[1:])
    except RemoteError as error:
        return error.field
    written = encode(found)
    assert decode(written[0], written[5:]) == found
    return type(found).__name__


def stream(data: bytes) -> Hashable:
    """The first byte cuts the rest; any cut gives the same frames, and little is held."""
    size, rest = (data[0] if data else 0) + 1, data[1:]
    whole, cut = _read(rest, len(rest) + 1), _read(rest, size)
    assert whole == cut
    return len(whole[0]), whole[1]


def _read(data: bytes, size: int) -> tuple[list[tuple[int, bytes]], bool]:
    reader = FrameReader(5000)
    found: list[tuple[int, bytes]] = []
    try:
        for at in range(0, len(data), size):
            found += reader.feed(data[at : at + size])
            assert reader.held <= 5005 + size
    except RemoteError:
        return found, False
    return found, True


def greeting(data: bytes) -> Hashable:
    """The first byte: a box with a right key around the rest, the rest as a box, or as text; client's or server's."""
    kind, text = (data[0] if data else 0) % 4, data[1:]
    try:
        if kind == 0:
            found: object = open_client_info(sealed_client_info(text, PRIVATE[0], RELAY_KEY.public, NONCE), RELAY_KEY)
        elif kind == 1:
            found = client_info_from_json(text)
        else:
            sealed = decode(FrameType.CLIENT_INFO, text)
            found = open_client_info(sealed, RELAY_KEY)  # type: ignore[arg-type]
    except RemoteError as error:
        return kind, error.field
    return kind, repr(found)[:20]


def session(data: bytes) -> Hashable:
    """A program for the door and everything behind it."""
    return Session().run(data)


def http(data: bytes) -> Hashable:
    """Bytes of a stranger on a fresh connection, whole and in two pieces; the first byte says where, how, for whom."""
    first, rest = data[0] if data else 0, data[1:]
    statuses = []
    for size in (len(rest) + 1, len(rest) * first // 256 + 1):
        relay = Relay(RELAY_KEY)
        pages, proxies = Pages(behind_proxy=bool(first & 2)), PROXIES if first & 4 else None
        front = Front(relay, pages, lambda: "Tue, 24 Nov 2026 21:36:42 GMT", LIMITS, proxies)
        at = front.opened(Endpoint.parse("192.0.2.7:1"), 0.0, encrypted=bool(first & 1))
        assert at is not None
        others = [front.opened(address, 0.0, encrypted=False) for address in (STRANGER, STRANGER)]
        assert None not in others
        for start in range(0, len(rest), size):
            if not at.outlet.closed:
                _answered(front, at, rest[start : start + size])
            check(front)
        assert proxies is not None or at.address == at.peer
        statuses.append((frozenset(front.counters.by_status), at.outlet.closed, at.client is not None))
    return tuple(statuses)


def _answered(front: Front, at: Connection, data: bytes) -> None:
    effects = front.received(at, data, 0.0)
    answer = effects.raw.get(at, b"")
    assert not answer or answer.startswith((b"HTTP/1.1 ", b"\x01\x00\x00\x00\x28")) or at.websocket is not None
    assert len(answer) <= 64_000, "an answer out of proportion"
    head = answer.partition(b"\r\n\r\n")[0].lower()
    assert b"\r\nlocation: http" not in head or b"\r\nlocation: https://" in head
    for outlet, pieces in effects.sends.items():
        assert isinstance(outlet.owner, Connection)
        outlet.owner.ready(pieces)


def client(data: bytes) -> Hashable:
    """What a server sends: the first byte says how the client begins, and cuts the rest."""
    first, rest = data[0] if data else 0, data[1:]
    private, size = PRIVATE[0], max(1, first * 16)
    key = RELAY_KEY.public if first & 1 else b""
    machine = DerpClientMachine(private, ClientOptions(host="r.test", server_key=key), NONCE)
    machine.start()
    if not first & 1 and first & 2:
        machine.received(HTTP["upgrade_response_101"].encode(), 0.0)
    kinds: list[Hashable] = []
    try:
        for at in range(0, len(rest), size):
            step = machine.received(rest[at : at + size], 1.0 + at)
            kinds += [type(found).__name__ for found in step.frames]
            assert len(step.send) <= 2 * size + 1000
            if machine.info is not None:
                with contextlib.suppress(RemoteError):
                    machine.send_packet(private.public, bytes(first), 2.0 + at)
    except (RemoteError, RefusedError) as error:
        kinds.append(type(error).__name__)
    return machine.stage, frozenset(kinds)


def server_info(data: bytes) -> Hashable:
    """The text of a server's greeting, in a box that opens, and packets under the rate that it tells."""
    from natscope.wire.derp import hello

    try:
        box = hello.sealed_server_info(data, RELAY_KEY, PRIVATE[0].public, NONCE)
        info = open_server_info(box, PRIVATE[0], RELAY_KEY.public)
    except RemoteError as error:
        return error.field
    machine = DerpClientMachine(PRIVATE[0], ClientOptions(host="r", server_key=RELAY_KEY.public), NONCE)
    machine.start()
    machine.received(encode(box), 0.0)
    for now in (0.0, 0.5, 1e9):
        machine.send_packet(bytes(32), bytes(100), now)
    assert info == machine.info
    return info.bytes_per_second > 0, info.burst_bytes > 0


def _invent(rng: random.Random) -> Op:
    """An operation from nothing, most of them sensible."""
    name = rng.choice((*CODES, "join", "packet", "packet", "frame", "frame", "websocket"))
    place = rng.randrange(8) | rng.choice((0, 0, 0, 1, 2, 3)) << 4
    if name == "frame":
        lie = rng.random() < 0.3
        kind = rng.choice((*FrameType, 0, 0x0B, 0x20, 0xFF))
        length = rng.choice(LENGTHS).to_bytes(4, "big")
        data = bytes((kind, lie)) + length + rng.randbytes(rng.choice((0, 1, 8, 32, 65)))
    elif name == "websocket":
        data = bytes((rng.choice((0x80, 0x81, 0x82, 0x88, 0x89, 0x8A, 0x02, 0x01, 0x00, 0xC2, 0x83)),))
        data += rng.choice((b"", rng.choice(FRAMES)[:100], rng.randbytes(3)))
    elif name == "raw":
        data = rng.choice((*UPGRADES, *FRAMES, b"GET / HTTP/1.1\r\nHost: r\r\n\r\n"))
    else:
        data = rng.randbytes(rng.choice((0, 1, 2, 2, 4)))
    return op(name, place, data)


def _programs() -> Sequence[bytes]:
    """A few ordinary stories."""
    pair = [op("join", 0, b"\x00\x00"), op("join", 1, b"\x01\x01")]
    packets = [op("packet", 0, b"\x01\x10\x02\x00"), op("packet", 1, b"\x00\xff\x00\x01")]
    mesh = [op("join", 2, b"\x00\x02\x02"), op("frame", 2, bytes((FrameType.WATCH_CONNS, 0, 0, 0, 0, 0)))]
    browser = [op("join", 3, b"\x02\x03"), op("packet", 3, b"\x00\x01"), op("websocket", 3, b"\x89ping")]
    slow = [op("block", 1), op("packet", 0, b"\x01\x20\x31"), op("tick", 0, b"\x03"), op("drain", 1)]
    links = [op("link", 0, b"\x00\x05"), op("packet", 0, b"\x05\x08"), op("link", 0, b"\x02\x05")]
    twins = [op("join", 4, b"\x00\x00"), op("packet", 4, b"\x01\x01"), op("close", 4)]
    late = [op("open", 5), op("upgrade", 5, b"\x00"), op("hello", 5, b"\x02"), op("packet", 5, b"\x00"), op("admit")]
    operator = [op("operator", 0, bytes((n, 1))) for n in range(5)]
    stories = [pair + more for more in (packets, mesh + packets, browser, slow, links, twins, operator)]
    stories.append([*late, op("tick", 0, b"\xff")])
    return [pack(story) for story in stories]


def _requests() -> Sequence[bytes]:
    heads = [HTTP["upgrade_request"].encode(), HTTP["upgrade_request_fast_start"].encode(), *UPGRADES]
    heads += [
        f"{method} {target} HTTP/1.{version}\r\nHost: {host}\r\n{more}\r\n".encode("latin-1")
        for method, target, version, host, more in (
            ("GET", "/", 1, "r", ""),
            ("HEAD", "/derp/probe", 1, "r:80", ""),
            ("GET", "/generate_204?a", 0, "[::1]:80", ""),
            ("GET", "/generate_204", 1, "r", "X-Tailscale-Challenge: abc\r\n"),
            ("POST", "/derp", 1, "r", "Content-Length: 3\r\n"),
            ("GET", "http://r/bootstrap-dns?q=%ff", 1, "r\xe9", "Transfer-Encoding: chunked\r\n"),
            ("CONNECT", "r:443", 1, "r", "Expect: 100-continue\r\n"),
            ("GET", "/debug/vars", 1, "r", "Connection: close\r\n"),
            ("GET", "/", 1, "r", "X-Forwarded-For: 203.0.113.5, 192.0.2.9\r\n"),
            ("GET", "/", 1, "r", "X-Forwarded-For: 198.51.100.7\r\nX-Forwarded-For: 192.0.2.1\r\n"),
        )
    ]
    first = (0, 1, 130, 133)
    return [bytes((n,)) + head + behind for n in first for head in heads for behind in (b"", b"3\r\nabc\r\n")]


def _servers() -> Sequence[bytes]:
    info = seal_server_info(ServerInfo(bytes_per_second=1000, burst_bytes=70_000), RELAY_KEY, PRIVATE[0].public, NONCE)
    key = HEADER.pack(FrameType.SERVER_KEY, 40) + b"DERP\xf0\x9f\x94\x91" + RELAY_KEY.public
    head = HTTP["upgrade_response_101"].encode()
    behind = encode(info) + b"".join(FRAMES)
    fast = [b"\xff" + behind, b"\x11" + encode(info)]
    return [b"\x00" + head + key + behind, b"\x02" + key + behind, *fast, b"\x00" + head]


TEXT_SEEDS = [*TEXTS, b'{"version":2,"TokenBucketBytesPerSecond":1000000,"TokenBucketBytesBurst":65568}']
TARGETS = (
    Target("derp_frame", frame, lambda: [data[:1] + data[5:] for data in FRAMES]),
    Target("derp_stream", stream, lambda: [bytes((n,)) + b"".join(FRAMES) for n in (0, 6, 255)]),
    Target("derp_greeting", greeting, lambda: [bytes((n,)) + text for n in range(4) for text in TEXTS]),
    Target("derp_session", session, _programs, program_mutator(_invent)),
    Target("relay_http", http, _requests),
    Target("derp_client", client, _servers),
    Target("derp_server_info", server_info, lambda: TEXT_SEEDS),
)
