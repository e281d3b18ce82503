"""Who is told of coming and going: watchers of everything, correspondents once when a key has left the region."""

from __future__ import annotations

from natscope.machines.derp.counters import End
from natscope.machines.derp.registry import MeshLink
from natscope.wire.derp.frames import ClosePeer, GoneReason, PeerGone, PeerPresent, PresentFlags, WatchConns
from natscope.wire.derp.hello import ClientInfo
from tests.machines.derp.harness import Bench


def test_a_watcher_learns_who_is_here_and_every_change() -> None:
    bench = Bench()
    a = bench.join("a")
    prober = bench.join("p", info=ClientInfo(is_prober=True), is_ideal=False)
    mesh = bench.join("m", mesh=True)
    bench.send(mesh, WatchConns())
    bench.send(mesh, WatchConns())
    assert mesh.take() == [
        PeerPresent(a.key, a.client.address, PresentFlags.REGULAR),
        PeerPresent(prober.key, prober.client.address, PresentFlags.PROBER | PresentFlags.NOT_IDEAL),
        PeerPresent(mesh.key, mesh.client.address, PresentFlags.MESH_PEER),
    ]
    b = bench.join("b")
    assert mesh.take() == [PeerPresent(b.key, b.client.address, PresentFlags.REGULAR)]
    bench.leave(b)
    assert mesh.take() == [PeerGone(b.key, GoneReason.DISCONNECTED)]


def test_the_relay_itself_as_a_watcher_is_passed_over() -> None:
    bench = Bench()
    own = bench.join("relay", mesh=True)
    bench.send(own, WatchConns())
    assert own.take() == []
    assert own.ended is None


def test_correspondents_hear_once_when_a_key_is_gone() -> None:
    bench = Bench()
    a, b, c = (bench.join(name) for name in "abc")
    bench.packet(a, b, b"1")
    bench.packet(a, b, b"2")
    b.take()
    bench.leave(a)
    assert b.take() == [PeerGone(a.key, GoneReason.DISCONNECTED)]
    assert c.take() == []
    assert bench.relay.registry.listeners == {}


def test_twins_the_last_to_speak_is_active_and_the_last_to_go_is_told() -> None:
    bench = Bench()
    old, b = bench.join("a"), bench.join("b")
    new = bench.join("a")
    assert bench.relay.registry.duplicates() == (1, 2)
    bench.packet(b, new, b"to the newest")
    assert (len(old.take()), len(new.take())) == (0, 1)
    bench.packet(old, b, b"I speak")
    bench.packet(b, old, b"to the speaker")
    assert (len(old.take()), len(new.take())) == (1, 0)
    b.take()
    bench.leave(old)
    assert b.take() == []
    bench.packet(b, new, b"one is left")
    assert len(new.take()) == 1
    assert not new.client.has_twins
    bench.leave(new)
    assert b.take() == [PeerGone(new.key, GoneReason.DISCONNECTED)]
    assert bench.relay.registry.duplicates() == (0, 0)


def test_two_computers_with_one_key_are_noticed() -> None:
    """Each that speaks takes the packets over; who goes on speaking, and who is alone, does not."""
    bench = Bench()
    old, b = bench.join("a"), bench.join("b")
    bench.packet(old, b, b"alone")
    new = bench.join("a")
    counted = []
    for speaker in (new, new, old, old, new, old, new):
        bench.packet(speaker, b, b"hello")
        counted.append(bench.relay.counters.twin_switches)
    assert counted == [0, 0, 1, 1, 2, 3, 4]
    bench.leave(old)
    bench.packet(new, b, b"alone again")
    assert bench.relay.counters.twin_switches == 4


def test_a_mesh_link_that_breaks_takes_its_keys_along() -> None:
    bench = Bench()
    a = bench.join("a")
    far, first, second = b"f" * 32, MeshLink(90, "first"), MeshLink(91, "second")
    for link in (first, second, first):
        bench.relay.presence.link_added(link, far)
    assert bench.relay.registry.link_for(far) is first
    bench.relay.registry.listen(a.client, far)
    effects = bench.relay.received(a.client, b"", 0.0)
    bench.relay.end(first, End.CLIENT, effects)
    assert bench.relay.registry.link_for(far) is second
    bench.carry_out(effects)
    assert a.take() == []
    bench.relay.presence.link_removed(second, far, effects, bench.relay)
    bench.carry_out(effects)
    assert a.take() == [PeerGone(far, GoneReason.DISCONNECTED)]


def test_a_mesh_peer_closes_all_connections_of_a_key() -> None:
    bench = Bench()
    mesh, one, two = bench.join("m", mesh=True), bench.join("a"), bench.join("a")
    bench.send(mesh, ClosePeer(one.key))
    assert (one.ended, two.ended, mesh.ended) == (End.CLOSED_BY_PEER, End.CLOSED_BY_PEER, None)
    assert bench.relay.registry.active.keys() == {mesh.key}
