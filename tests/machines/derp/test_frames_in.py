"""Frames of clients that are in: the hot path against the typed form, any cut of the stream, what ends a connection."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from natscope.machines.derp.counters import End
from natscope.machines.derp.settings import RateLimit, RelaySettings
from natscope.wire.derp.frames import (
    HEADER,
    MAX_PACKET_BYTES,
    ClosePeer,
    ForwardPacket,
    Frame,
    FrameType,
    NotePreferred,
    Ping,
    Pong,
    RecvPacket,
    SendPacket,
    Unknown,
    WatchConns,
    encode,
)
from tests.machines.derp.harness import DISCO, Bench, private_key

NAMES = ("a", "b", "c", "nobody")
ITEMS = st.lists(
    st.one_of(
        st.tuples(st.just("packet"), st.sampled_from(NAMES), st.binary(max_size=80)),
        st.tuples(st.just("ping"), st.just(""), st.binary(min_size=8, max_size=8)),
        st.tuples(st.just("unknown"), st.just(""), st.binary(max_size=20)),
        st.tuples(st.just("home"), st.just(""), st.sampled_from([b"\0", b"\1"])),
    ),
    max_size=20,
)


def as_frame(kind: str, name: str, data: bytes) -> Frame:
    if kind == "packet":
        return SendPacket(private_key(name).public, data)
    if kind == "ping":
        return Ping(data)
    return NotePreferred(data == b"\1") if kind == "home" else Unknown(0x42, data)


@settings(deadline=None)
@given(ITEMS, st.lists(st.integers(1, 60), max_size=40))
def test_any_cut_delivers_what_the_typed_form_says(items: list[tuple[str, str, bytes]], cuts: list[int]) -> None:
    bench = Bench()
    peers = {name: bench.join(name) for name in ("a", "b", "c")}
    wanted: dict[str, list[Frame]] = {name: [] for name in peers}
    for kind, name, data in items:
        if kind == "packet" and name in peers:
            wanted[name].append(RecvPacket(peers["a"].key, data))
        elif kind == "ping":
            wanted["a"].append(Pong(data))
    stream, offset = b"".join(encode(as_frame(*item)) for item in items), 0
    for cut in [*cuts, len(stream)]:
        bench.send(peers["a"], stream[offset : offset + cut])
        offset += cut
    assert {name: peer.take() for name, peer in peers.items()} == wanted
    assert peers["a"].ended is None
    assert bench.relay.counters.packets_received == sum(kind == "packet" for kind, *_ in items)
    assert bench.relay.counters.packets_sent == sum(kind == "packet" and name in peers for kind, name, _ in items)
    assert peers["a"].client.held == b""


def test_one_read_gives_one_joined_send_for_each_destination() -> None:
    bench = Bench()
    a, b, c = (bench.join(name) for name in ("a", "b", "c"))
    frames = [SendPacket(b.key, b"1"), SendPacket(c.key, b"2"), SendPacket(b.key, b"3")]
    effects = bench.relay.received(a.client, b"".join(map(encode, frames)), 0.0)
    assert [outlet for outlet in effects.sends] == [b.client, c.client]  # noqa: C416 - the order counts


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_garbage_ends_at_most_its_own_connection(data: bytes) -> None:
    bench = Bench()
    a, b = bench.join("a"), bench.join("b")
    bench.send(a, data)
    assert a.ended in (None, End.PROTOCOL, End.MESH_ONLY)
    bench.packet(b, b, b"still here")
    assert RecvPacket(b.key, b"still here") in b.take()


@pytest.mark.parametrize(
    ("data", "end"),
    [
        (HEADER.pack(FrameType.SEND_PACKET, 31) + bytes(31), End.PROTOCOL),
        (HEADER.pack(FrameType.SEND_PACKET, 32 + MAX_PACKET_BYTES + 1), End.PROTOCOL),
        (HEADER.pack(0x42, (1 << 16) + 1), End.PROTOCOL),
        (HEADER.pack(FrameType.RECV_PACKET, 0xFFFFFFFF), End.PROTOCOL),
        (encode(Unknown(FrameType.NOTE_PREFERRED, b"")), End.PROTOCOL),
        (encode(Unknown(FrameType.PING, bytes(7))), End.PROTOCOL),
        (encode(WatchConns()), End.MESH_ONLY),
        (encode(ClosePeer(bytes(32))), End.MESH_ONLY),
        (encode(ForwardPacket(bytes(32), bytes(32), b"x")), End.MESH_ONLY),
    ],
)
def test_what_ends_a_connection(data: bytes, end: End) -> None:
    bench = Bench()
    a, b = bench.join("a"), bench.join("b")
    bench.send(a, encode(SendPacket(b.key, b"before")) + data + encode(SendPacket(b.key, b"after")))
    assert a.ended is end
    assert [f for f in b.take() if isinstance(f, RecvPacket)] == [RecvPacket(a.key, b"before")]
    assert bench.relay.counters.ends == {end: 1}


def test_the_longest_packet_passes_in_small_reads() -> None:
    bench = Bench()
    a, b = bench.join("a"), bench.join("b")
    data = encode(SendPacket(b.key, bytes(MAX_PACKET_BYTES)))
    for offset in range(0, len(data), 1000):
        bench.send(a, data[offset : offset + 1000])
    assert b.take() == [RecvPacket(a.key, bytes(MAX_PACKET_BYTES))]


def test_heads_are_kept_for_a_bounded_number_of_lengths() -> None:
    bench = Bench()
    a, b = bench.join("a"), bench.join("b")
    for size in range(600):
        bench.packet(a, b, bytes(size))
    assert len(a.client.prefixes) <= 256
    assert [len(f.packet) for f in b.take() if isinstance(f, RecvPacket)] == list(range(600))


def test_a_client_beyond_its_rate_is_left_unread_and_nothing_is_dropped() -> None:
    bench = Bench(RelaySettings(rate=RateLimit(bytes_per_second=100_000, burst_bytes=1)))
    a, b = bench.join("a"), bench.join("b")
    pauses = [bench.packet(a, b, bytes(1000)).pause_s for _ in range(130)]
    assert pauses[:60] == [0.0] * 60
    assert pauses[-1] == pytest.approx((130 * 1037 - 65_568) / 100_000, rel=0.01)
    bench.now = 2.0
    assert bench.packet(a, b, bytes(1000)).pause_s == 0.0
    assert len(b.take()) == 131


@given(
    st.lists(
        st.tuples(st.sampled_from(["b", "c", "nobody"]), st.sampled_from([b"", b"T", b"Tx" * 40, DISCO, DISCO[:60]]))
    )
)
def test_packets_are_counted_by_kind_and_bytes_however_they_come_in_a_read(items: list[tuple[str, bytes]]) -> None:
    """Equal heads come in runs, which are looked at as one."""
    bench = Bench()
    a, b, c = (bench.join(name) for name in "abc")
    items = [item for item in items for _ in range(len(items) % 4)]
    bench.send(a, b"".join(encode(SendPacket(private_key(name).public, data)) for name, data in items))
    counters = bench.relay.counters
    assert counters.packets_received == len(items)
    assert counters.disco_received == sum(data == DISCO for _, data in items)
    arrived = [f.packet for f in [*b.take(), *c.take()] if isinstance(f, RecvPacket)]
    assert counters.bytes_sent == sum(map(len, arrived))
    assert sum(counters.dropped_bytes.values()) == sum(len(data) for name, data in items if name == "nobody")
