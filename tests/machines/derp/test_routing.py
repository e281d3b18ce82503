"""Packets to clients that do not read, behind mesh links, to nobody, and from mesh peers."""

from __future__ import annotations

from natscope.machines.derp.counters import Drop, End
from natscope.machines.derp.registry import MeshLink
from natscope.wire.derp.frames import ForwardPacket, GoneReason, PeerGone, Ping, Pong, RecvPacket, SendPacket, encode
from tests.machines.derp.harness import DISCO, Bench, private_key

NOBODY = private_key("nobody").public


def test_a_full_queue_drops_its_oldest_and_keeps_disco_apart() -> None:
    bench = Bench()
    a, b = bench.join("a"), bench.join("b")
    bench.block(b)
    for number in range(40):
        bench.packet(a, b, bytes([number]))
    for number in range(33):
        bench.packet(a, b, DISCO + bytes([number]))
    assert b.take() == []
    bench.drain(b)
    packets = [f.packet for f in b.take() if isinstance(f, RecvPacket)]
    assert packets == [DISCO + bytes([n]) for n in range(1, 33)] + [bytes([n]) for n in range(8, 40)]
    assert bench.relay.counters.drops == {(Drop.QUEUE_HEAD, False): 8, (Drop.QUEUE_HEAD, True): 1}
    assert bench.relay.counters.packets_sent == 64
    bench.packet(a, b, b"again")
    assert b.take() == [RecvPacket(a.key, b"again")]


def test_how_long_packets_waited_is_counted_where_the_time_is_told() -> None:
    bench = Bench()
    a, b = bench.join("a"), bench.join("b")
    bench.block(b)
    bench.packet(a, b, b"x")
    bench.relay.drained(b.client, bench.now + 1.5)
    bench.relay.drained(b.client, bench.now + 9.0)  # nothing waited
    assert (bench.relay.counters.queued, bench.relay.counters.queued_s) == (1, 1.5)
    assert (bench.relay.counters.packets_sent, bench.relay.counters.bytes_sent) == (1, 1)


def test_a_slow_client_does_not_hold_up_others_and_is_closed() -> None:
    bench = Bench()
    a, slow, c = (bench.join(name) for name in ("a", "slow", "c"))
    bench.block(slow)
    bench.packet(a, slow, b"x")
    bench.packet(a, c, b"y")
    assert c.take() == [RecvPacket(a.key, b"y")]
    bench.at(1.9)
    assert slow.ended is None
    bench.at(2.0)
    assert slow.ended is End.SLOW
    assert bench.relay.counters.write_timeouts == 1
    assert bench.relay.counters.drops == {(Drop.GONE_DISCONNECTED, False): 1}


def test_a_mesh_peer_may_be_slow_for_longer() -> None:
    bench = Bench()
    mesh = bench.join("m", mesh=True)
    bench.block(mesh)
    bench.at(29.0)
    assert mesh.ended is None
    bench.at(30.0)
    assert mesh.ended is End.SLOW


def test_nobody_there_is_told_for_disco_only_and_not_too_often() -> None:
    bench = Bench()
    a = bench.join("a")
    for _ in range(5):
        bench.send(a, SendPacket(NOBODY, b"data"))
        bench.send(a, SendPacket(NOBODY, DISCO))
    assert a.take() == [PeerGone(NOBODY, GoneReason.NOT_HERE)] * 3
    bench.now = 1.0
    bench.send(a, SendPacket(NOBODY, DISCO))
    bench.send(a, SendPacket(NOBODY, DISCO))
    assert a.take() == [PeerGone(NOBODY, GoneReason.NOT_HERE)]
    assert bench.relay.counters.drops == {(Drop.UNKNOWN_DEST, False): 5, (Drop.UNKNOWN_DEST, True): 7}
    assert bench.relay.counters.gone_not_here_frames == 4


def test_beyond_that_a_key_that_is_here_and_one_that_is_not_look_the_same() -> None:
    """Byte for byte, and as soon: nothing is delayed, nothing ends, the next answer tells no difference."""
    bench = Bench()
    a, b = bench.join("a"), bench.join("b")
    for _ in range(3):
        bench.send(a, SendPacket(NOBODY, DISCO))
    a.take()
    seen = []
    for target in (b.key, NOBODY, b.key, NOBODY):
        for packet in (DISCO, b"data", b""):
            effects = bench.send(a, encode(SendPacket(target, packet)) + encode(Ping(b"12345678")))
            seen.append((b"".join(effects.sends[a.client]), effects.pause_s, effects.closes, bench.relay.deadline()))
    assert seen == [(encode(Pong(b"12345678")), 0.0, [], seen[0][3])] * 12
    assert len(b.take()) == 6


def test_one_pong_waits_while_a_client_does_not_read() -> None:
    bench = Bench()
    a = bench.join("a")
    bench.block(a)
    for number in range(3):
        bench.send(a, Ping(bytes([number] * 8)))
    bench.drain(a)
    assert a.take() == [Pong(bytes(8))]
    bench.send(a, Ping(bytes([9] * 8)))
    assert a.take() == [Pong(bytes([9] * 8))]


def test_packets_for_clients_of_another_relay_go_through_its_link() -> None:
    bench = Bench()
    a = bench.join("a")
    link = MeshLink(bench.relay.number(), "other")
    bench.relay.presence.link_added(link, NOBODY)
    effects = bench.packet(a, bench.join("b"), b"here")
    effects = bench.send(a, SendPacket(NOBODY, b"there"))
    assert effects.sends.keys() == {link}
    assert b"".join(effects.sends[link]) == encode(ForwardPacket(a.key, NOBODY, b"there"))
    assert bench.relay.counters.forwarded_out == 1
    n = bench.join("nobody")
    bench.send(a, SendPacket(NOBODY, b"now here"))
    assert n.take() == [RecvPacket(a.key, b"now here")]


def test_forwarded_packets_are_delivered_here_or_dropped() -> None:
    bench = Bench()
    a, mesh = bench.join("a"), bench.join("m", mesh=True)
    link = MeshLink(bench.relay.number(), "third")
    bench.relay.presence.link_added(link, NOBODY)
    bench.send(mesh, ForwardPacket(private_key("far").public, a.key, b"hello"))
    assert a.take() == [RecvPacket(private_key("far").public, b"hello")]
    effects = bench.send(mesh, ForwardPacket(private_key("far").public, NOBODY, b"no second hop"))
    assert effects.sends == {}
    assert bench.relay.counters.drops == {(Drop.UNKNOWN_DEST_ON_FWD, False): 1}
    assert bench.relay.counters.forwarded_in == 2


def test_a_relay_that_forwards_for_somebody_who_is_not_here_is_told_for_disco_and_not_too_often() -> None:
    bench = Bench()
    mesh = bench.join("m", mesh=True)
    for _ in range(5):
        bench.send(mesh, ForwardPacket(private_key("far").public, NOBODY, DISCO))
    assert mesh.take() == [PeerGone(NOBODY, GoneReason.NOT_HERE)] * 3
