"""Several processes of one relay behave as one: the same script on one process and on three, step by step."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from natscope.machines.derp import siblings
from natscope.machines.derp.counters import Counters, Drop, End
from natscope.machines.derp.effects import Effects
from natscope.machines.derp.siblings import WAITING_PACKETS, Sibling
from natscope.wire.derp.frames import (
    ClosePeer,
    ForwardPacket,
    Frame,
    GoneReason,
    NotePreferred,
    PeerGone,
    PeerPresent,
    RecvPacket,
    SendPacket,
    WatchConns,
    encode,
)
from natscope.wire.derp.siblings import Arrived, Left, Spoke, encode_news
from tests.machines.derp.harness import DISCO, Bench, Peer, private_key
from tests.machines.derp.processes import Processes
from tests.machines.derp.test_registry_twins import Twins

NAMES = ("a", "b", "c", "mesh")
PACKETS = (b"", b"data", DISCO, DISCO + b"more")
COUNTED = (
    "accepts", "bytes_received", "packets_received", "disco_received", "packets_sent", "bytes_sent",
    "forwarded_in", "forwarded_out",
    "gone_disconnected_frames", "gone_not_here_frames", "home_moves_in", "pings",
)  # fmt: skip


class TwinsInProcesses(Twins):
    """The twins of one process' test, each in another process than the one before."""

    def relay(self) -> Bench:
        return Processes()  # type: ignore[return-value]


TwinsInProcesses.TestCase.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
TestTwinsInProcesses = TwinsInProcesses.TestCase


class Both:
    """The same on one process and on three."""

    def __init__(self) -> None:
        self.one, self.many = Bench(), Processes(3)
        self.peers: list[tuple[Peer, Peer]] = []

    def join(self, name: str) -> None:
        mesh = name == "mesh"
        pair = self.one.join(name, mesh=mesh), self.many.join(name, mesh=mesh)
        self.peers.append(pair)
        self.same()

    def pick(self, number: int) -> tuple[Peer, Peer] | None:
        alive = [pair for pair in self.peers if pair[0].ended is None]
        return alive[number % len(alive)] if alive else None

    def say(self, pair: tuple[Peer, Peer], frame: Frame) -> None:
        self.one.send(pair[0], frame)
        self.many.send(pair[1], frame)
        self.same(is_list=isinstance(frame, WatchConns))

    def leave(self, pair: tuple[Peer, Peer]) -> None:
        self.one.leave(pair[0])
        self.many.leave(pair[1])
        self.peers.remove(pair)
        self.same()

    def stop_reading(self, pair: tuple[Peer, Peer]) -> None:
        self.one.block(pair[0])
        self.many.block(pair[1])

    def read_again(self, pair: tuple[Peer, Peer]) -> None:
        self.one.drain(pair[0])
        self.many.drain(pair[1])
        self.same(is_list=True)

    def same(self, *, is_list: bool = False) -> None:
        """Who is here already is told in any order."""
        for one, many in self.peers:
            assert one.ended == many.ended
            told, also = (_without_addresses(peer.take()) for peer in (one, many))
            assert sorted(told, key=repr) == sorted(also, key=repr) if is_list else told == also


def _without_addresses(frames: list[Frame]) -> list[Frame]:
    """The harness gives ports by the order of coming, in each process anew."""
    return [PeerPresent(f.key, None, f.flags) if isinstance(f, PeerPresent) else f for f in frames]


STEPS = st.one_of(
    st.tuples(st.just("join"), st.sampled_from(NAMES), st.just(0)),
    st.tuples(st.just("leave"), st.integers(0, 9), st.just(0)),
    st.tuples(st.just("home"), st.integers(0, 9), st.just(0)),
    st.tuples(st.just("watch"), st.integers(0, 9), st.just(0)),
    st.tuples(st.just("block"), st.integers(0, 9), st.just(0)),
    st.tuples(st.just("drain"), st.integers(0, 9), st.just(0)),
    st.tuples(st.just("close"), st.integers(0, 9), st.sampled_from(NAMES)),
    st.tuples(st.just("forward"), st.integers(0, 9), st.sampled_from(NAMES)),
    st.tuples(st.just("packet"), st.integers(0, 9), st.sampled_from(NAMES)),
    st.tuples(st.just("packets"), st.integers(0, 9), st.sampled_from(NAMES)),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(STEPS, max_size=40), st.sampled_from(PACKETS))
def test_any_script_on_one_process_and_on_three(script: list[tuple[str, object, object]], packet: bytes) -> None:
    both = Both()
    for what, who, whom in script:
        if what == "join":
            both.join(str(who))
            continue
        assert isinstance(who, int)
        pair = both.pick(who)
        if pair is None:
            continue
        key = private_key(str(whom)).public
        is_blocked = pair[0].client.blocked_since is not None
        if what == "leave":
            both.leave(pair)
        elif what == "home":
            both.say(pair, NotePreferred(True))
        elif what == "watch":
            both.say(pair, WatchConns())
        elif what == "close":
            both.say(pair, ClosePeer(key))
        elif what == "block" and not is_blocked:
            both.stop_reading(pair)
        elif what == "drain" and is_blocked:
            both.read_again(pair)
        elif what == "forward":
            both.say(pair, ForwardPacket(bytes(range(32)), key, packet))
        elif what == "packet":
            both.say(pair, SendPacket(key, packet))
        elif what == "packets":
            for number in range(40):
                both.say(pair, SendPacket(key, packet + bytes([number])))
    for name in COUNTED:
        assert both.many.total(lambda c, name=name: getattr(c, name)) == getattr(both.one.relay.counters, name), name  # type: ignore[misc]
    counters = both.one.relay.counters
    assert both.many.drops() == {k: (n, counters.dropped_bytes[k]) for k, n in counters.drops.items()}
    ends: dict[End, int] = {}
    for relay in both.many.relays:
        for reason, count in relay.counters.ends.items():
            ends[reason] = ends.get(reason, 0) + count
    assert ends == counters.ends


def test_a_process_that_dies_takes_its_own_clients_only() -> None:
    many = Processes(2)
    a, b, a2 = many.join("a"), many.join("b"), many.join("a")
    mesh = many.join("mesh", mesh=True)
    many.send(mesh, WatchConns())
    for pair in ((a, b), (b, a2), (mesh, a)):
        many.packet(*pair, b"x")
    assert mesh.take()
    b.take()
    many.die(many.processes[0])  # both of "a"
    assert b.take() == [PeerGone(a.key, GoneReason.DISCONNECTED)]
    assert mesh.take() == [PeerGone(a.key, GoneReason.DISCONNECTED)]
    many.packet(b, mesh, b"still")
    assert mesh.take() == [RecvPacket(b.key, b"still")]


def test_a_process_that_comes_later_learns_who_is_there() -> None:
    many = Processes(2)
    first = many.processes[0]
    a, b = many.join("a"), many.join("b")
    many.die(many.processes[1])
    fresh = Processes(1).processes[0]
    many.processes.append(fresh)
    many.link(fresh, first)
    c = fresh.join("c")
    many.at[c] = fresh
    many.packet(c, a, b"hello")
    many.packet(a, c, b"back")
    assert (a.take()[-1], c.take()) == (RecvPacket(c.key, b"hello"), [RecvPacket(a.key, b"back")])
    many.send(c, SendPacket(b.key, DISCO))
    assert c.take() == [PeerGone(b.key, GoneReason.NOT_HERE)]


@given(st.lists(st.tuples(st.sampled_from("jls"), st.integers(0, 3)), max_size=20))
def test_who_comes_later_knows_which_twin_is_the_active_one(story: list[tuple[str, int]]) -> None:
    one = Processes(1)
    first = one.processes[0]
    twins: list[Peer] = []
    for what, number in story:
        if what == "j" or not twins:
            twins.append(one.join("k"))
        elif what == "l":
            one.leave(twins.pop(number % len(twins)))
        else:
            one.send(twins[number % len(twins)], NotePreferred(True))
    late = Processes(1).processes[0]
    one.link(first, late)
    key = private_key("k").public
    registry = first.relay.registry
    active = registry.active.get(key)
    away = late.relay.registry.away.get(key)
    assert (active and active.number) == (away and away.number)
    orders = [[twin.number for twin in r.spoke.get(key, {})] for r in (registry, late.relay.registry)]
    assert orders[1][len(orders[1]) - len(orders[0]) :] == orders[0]  # who never spoke is asked last of all


def test_a_packet_for_who_has_just_gone_is_dropped_there_and_never_goes_round() -> None:
    many = Processes(2)
    other = many.processes[1]
    a, b = many.join("a"), many.join("b")
    streams = dict(other.streams)
    other.streams.clear()  # what it says is still on its way
    many.leave(b)
    many.packet(a, b, DISCO)
    assert other.relay.counters.drops == {(Drop.UNKNOWN_DEST, True): 1}
    other.streams.update(streams)
    assert a.take() == []


def test_a_twin_that_spoke_elsewhere_still_takes_what_is_on_its_way() -> None:
    many = Processes(2)
    _, other = many.processes
    many.join("k")
    twin, c = many.join("k"), many.join("c")
    other.relay.registry.speaks(next(away for away in other.relay.registry.all_of[twin.key] if away is not twin.client))
    assert other.relay.registry.active_of(twin.key) is not twin.client
    many.packet(c, twin, b"x")  # its process has not heard of that
    assert twin.take() == [RecvPacket(c.key, b"x")]


def test_a_stream_that_is_full_queues_and_drops_its_oldest() -> None:
    many = Processes(2)
    one = many.processes[0]
    a, b = many.join("a"), many.join("b")
    [(sibling, _)] = one.streams.items()
    one.relay.blocked(sibling, 0.0)
    for number in range(WAITING_PACKETS + 5):
        many.packet(a, b, number.to_bytes(2, "big"))
    assert one.relay.counters.drops == {(Drop.QUEUE_HEAD, False): 5}
    assert one.relay.counters.dropped_bytes == {(Drop.QUEUE_HEAD, False): 10}
    effects = Effects()
    effects.to(sibling).extend(one.relay.drained(sibling))
    one.carry_out(effects)
    assert next(f.packet for f in b.take() if isinstance(f, RecvPacket)) == (5).to_bytes(2, "big")
    assert many.total(lambda c: c.packets_sent) == WAITING_PACKETS
    one.relay.blocked(sibling, 0.0)
    one.at(600.0)
    assert sibling in one.relay.siblings  # however long it is full


@pytest.mark.parametrize(
    "data",
    [
        b"\x0a\xff\xff\xff\xff",
        b"\x0a\x00\x00\x00\x3f" + bytes(63),
        b"\x70\x00\x00\x00\x03abc",
        b"\x71\x00\x00\x01\x01",
        b"\x55\x00\x00\x00\x08" + bytes(8),
        encode(NotePreferred(True)),
        encode_news(Arrived(1, PeerPresent(bytes(32)))) * 2,
    ],
)
def test_what_cannot_be_ends_the_stream_and_its_clients(data: bytes) -> None:
    bench = Bench()
    sibling = Sibling(bench.relay.number(), "x")
    siblings.introduce(bench.relay, sibling, Effects())
    effects = Effects()
    siblings.take(bench.relay, sibling, data, 0.0, effects)
    assert effects.closes == [(sibling, End.PROTOCOL)]
    assert (bench.relay.siblings, bench.relay.registry.all_of) == ({}, {})
    assert bench.relay.counters.ends == {}


def test_news_of_nobody_is_passed_over() -> None:
    bench = Bench()
    sibling = Sibling(bench.relay.number(), "x")
    siblings.introduce(bench.relay, sibling, Effects())
    effects = Effects()
    siblings.take(bench.relay, sibling, encode_news(Left(7)) + encode_news(Spoke(7)), 0.0, effects)
    assert effects.closes == []
    assert bench.relay.counters == Counters()
