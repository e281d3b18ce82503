"""The relay as a whole: keep-alives, health, going away, memory after everybody has left."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from natscope.machines.derp.counters import End
from natscope.wire.derp.frames import Health, KeepAlive, NotePreferred, Ping, Pong, Restarting
from natscope.wire.derp.hello import ClientInfo
from tests.machines.derp.harness import DISCO, Bench, Peer


def test_keep_alives_come_a_minute_apart_and_only_to_those_inside() -> None:
    bench = Bench()
    a = bench.join("a", info=ClientInfo())
    bench.at(62.4)
    assert a.take() == []
    bench.at(62.6)
    assert a.take() == [KeepAlive()]
    bench.at(190.0)
    assert a.take() == [KeepAlive()] * 2


def test_health_is_told_when_it_changes() -> None:
    bench = Bench()
    a = bench.join("a")
    for problem in ("no mesh", "no mesh", ""):
        bench.carry_out(bench.relay.set_health(problem))
    assert a.take() == [Health("no mesh"), Health("")]


def test_going_away() -> None:
    bench = Bench()
    a = bench.join("a")
    bench.carry_out(bench.relay.restarting(500, 10_000))
    bench.carry_out(bench.relay.close_all())
    assert a.take() == [Restarting(500, 10_000)]
    assert a.ended is End.RESTARTING
    assert bench.relay.clients == 0


def test_homes_are_counted_by_moves() -> None:
    bench = Bench()
    a = bench.join("a")
    for home in (True, True, False, True):
        bench.send(a, NotePreferred(home))
    assert (bench.relay.counters.home_moves_in, bench.relay.counters.home_moves_out) == (2, 1)


def test_who_reads_nothing_of_our_own_is_closed() -> None:
    bench = Bench()
    a = bench.join("a")
    bench.block(a)
    a.client.write_limit_s = 0.0
    for number in range(16_385):
        bench.carry_out(bench.relay.set_health(str(number)))
    assert a.ended is End.SLOW


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["join", "leave", "packet", "disco", "block", "drain", "wait"]),
        st.integers(0, 5),
        st.integers(0, 5),
    ),
    max_size=60,
)


@settings(deadline=None)
@given(STEPS)
def test_nothing_is_left_when_everybody_is_gone(steps: list[tuple[str, int, int]]) -> None:
    bench = Bench()
    here: list[Peer] = []
    for what, first, second in steps:
        here = [peer for peer in here if peer.ended is None]
        a, b = (here[n % len(here)] if here else None for n in (first, second))
        if what == "join":
            here.append(bench.join(f"peer {first}"))
        elif what == "wait":
            bench.at(bench.now + first)
        elif a is not None and b is not None:
            act(bench, what, a, b)
            if what == "leave":
                here.remove(a)
    for peer in here:
        bench.leave(peer)
    registry = bench.relay.registry
    assert (registry.active, registry.all_of, registry.watchers, registry.links) == ({}, {}, {}, {})
    assert registry.listeners == {}
    assert bench.relay.clients == 0
    assert not bench.relay._stuck


def act(bench: Bench, what: str, a: Peer, b: Peer) -> None:
    if what == "leave":
        bench.leave(a)
    elif what == "block":
        bench.block(a)
    elif what == "drain":
        bench.drain(a)
    else:
        bench.packet(a, b, DISCO if what == "disco" else b"data")


def test_a_client_that_answers_no_ping_is_closed_and_one_that_does_stays() -> None:
    bench = Bench()
    dead, alive = bench.join("dead"), bench.join("alive")
    old = bench.join("old", info=ClientInfo(can_ack_pings=False))
    for minute in range(1, 12):
        bench.at(minute * 65.0)
        pings = [frame for frame in alive.take() if isinstance(frame, Ping)]
        for ping in pings:
            bench.send(alive, Pong(ping.data))
        assert len(pings) == (minute % 2 == 0)
    assert [type(frame).__name__ for frame in dead.take()] == ["KeepAlive", "Ping", "Ping", "Ping"]
    assert (dead.ended, alive.ended, old.ended) == (End.SILENT, None, None)
    assert all(isinstance(frame, KeepAlive) for frame in old.take())
    assert bench.relay.counters.unknown_frames == 0
