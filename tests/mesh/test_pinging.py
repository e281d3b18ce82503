"""The loop of pings in virtual time: when it goes on, when it has enough, how long it waits, how it is ended."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from natscope.errors import CannotMeasure
from natscope.host.api import Clock
from natscope.lab.stand_in import Fault, StandInMesh, StandInPeer
from natscope.mesh.pinging import PingPlan, ping_peer
from natscope.mesh.source import NO_ANSWER, PingKind
from natscope.model.mesh_ping import PingShot, PingWay
from tests.mesh.virtual import daemon_of, in_virtual_time

IP = "100.64.0.9"
BECOMES_DIRECT = StandInPeer("nas", IP, direct="198.51.100.60:33217", direct_after=2)
RELAYED = StandInPeer("nas", IP)
AWAY = StandInPeer("nas", IP, online=False)


def shots_of(peer: StandInPeer, *, stop_after_s: float = 1e6, **plan: Any) -> list[PingShot]:
    async def work(clock: Clock) -> list[PingShot]:
        source, _ = daemon_of(StandInMesh(peers=(peer,)), clock)
        stop = asyncio.Event()

        async def end() -> None:
            await clock.sleep(stop_after_s)
            stop.set()

        ending = asyncio.ensure_future(end())
        try:
            return [shot async for shot in ping_peer(source, IP, PingPlan(**plan), clock, stop)]
        finally:
            ending.cancel()

    return in_virtual_time(work)


def ways(shots: list[PingShot]) -> list[PingWay]:
    return [shot.way for shot in shots]


def test_it_stops_at_the_first_direct_pong() -> None:
    shots = shots_of(BECOMES_DIRECT)
    assert ways(shots) == [PingWay.RELAY, PingWay.RELAY, PingWay.DIRECT]
    assert [shot.number for shot in shots] == [1, 2, 3]
    assert [round(shot.at_s, 6) for shot in shots] == [0.0, 1.0, 2.0]
    assert shots[0].path == "relay fra"
    assert shots[0].rtt_ms is not None
    assert shots[0].took_s == pytest.approx(shots[0].rtt_ms / 1000)


def test_or_goes_on_when_told_to() -> None:
    assert ways(shots_of(BECOMES_DIRECT, until_direct=False, count=5)) == [PingWay.RELAY] * 2 + [PingWay.DIRECT] * 3


def test_a_relayed_one_gets_all_pings_and_a_peer_relay_is_not_direct() -> None:
    assert ways(shots_of(RELAYED, count=4)) == [PingWay.RELAY] * 4
    through = StandInPeer("nas", IP, peer_relay="198.51.100.9:40000:vni:7")
    assert ways(shots_of(through, count=2)) == [PingWay.PEER_RELAY] * 2


@pytest.mark.parametrize("kind", [PingKind.TSMP, PingKind.ICMP, PingKind.PEER_API])
def test_other_kinds_tell_no_way_and_one_pong_may_be_enough(kind: PingKind) -> None:
    assert ways(shots_of(RELAYED, kind=kind, stop_at_first=True)) == [PingWay.UNTOLD]
    assert ways(shots_of(RELAYED, kind=kind, count=2)) == [PingWay.UNTOLD] * 2


def test_no_answer_takes_the_wait_and_the_next_goes_at_once() -> None:
    shots = shots_of(AWAY, count=3, wait_s=2.0)
    assert ways(shots) == [PingWay.NONE] * 3
    assert [shot.answer.error for shot in shots] == [NO_ANSWER] * 3
    assert [round(shot.at_s, 6) for shot in shots] == [0.0, 2.0, 4.0]


def test_lost_ones_among_others() -> None:
    lossy = StandInPeer("nas", IP, lost=frozenset({1, 3}))
    assert ways(shots_of(lossy, count=4, wait_s=0.5)) == [PingWay.NONE, PingWay.RELAY, PingWay.NONE, PingWay.RELAY]


def test_without_end_until_somebody_stops_it() -> None:
    shots = shots_of(RELAYED, count=0, stop_after_s=120.5)
    assert len(shots) == 121
    assert len(shots_of(AWAY, count=0, stop_after_s=0.5)) == 0


@pytest.mark.parametrize(
    ("peer", "deadline", "count"), [(RELAYED, 3.5, 4), (RELAYED, 3.0, 3), (AWAY, 7.0, 2), (AWAY, 0.3, 1)]
)
def test_a_deadline_for_all_of_it(peer: StandInPeer, deadline: float, count: int) -> None:
    shots = shots_of(peer, deadline_s=deadline, count=0)
    assert len(shots) == count
    assert shots[-1].at_s + shots[-1].took_s <= deadline + 1e-6


def test_the_interval_is_from_ping_to_ping() -> None:
    shots = shots_of(RELAYED, count=3, interval_s=0.25)
    assert [round(shot.at_s, 6) for shot in shots] == [0.0, 0.25, 0.5]
    shots = shots_of(RELAYED, count=3, interval_s=0.001)
    assert shots[1].at_s == pytest.approx(shots[0].took_s)


def test_what_the_program_refuses_to_send_is_not_sent_again() -> None:
    async def work(clock: Clock) -> list[PingShot]:
        source, stand_in = daemon_of(StandInMesh(), clock)
        found = [shot async for shot in ping_peer(source, IP, PingPlan(), clock, asyncio.Event())]
        assert stand_in.asked == ["POST ping"]
        return found

    (shot,) = in_virtual_time(work)
    assert (shot.way, shot.answer.error) == (PingWay.NONE, "no matching peer")


def test_a_program_that_goes_away_is_an_error() -> None:
    async def work(clock: Clock) -> None:
        source, _ = daemon_of(StandInMesh(peers=(RELAYED,), faults={"ping": Fault.GARBAGE}), clock)
        [shot async for shot in ping_peer(source, IP, PingPlan(), clock, asyncio.Event())]

    with pytest.raises(Exception, match="not HTTP"):
        in_virtual_time(work)


def test_an_error_of_the_source_is_not_hidden_by_stopping() -> None:
    class Gone:
        async def ping(self, *_: object, **__: object) -> None:
            raise CannotMeasure("gone")

    async def work(clock: Clock) -> None:
        source: Any = Gone()
        [shot async for shot in ping_peer(source, IP, PingPlan(), clock, asyncio.Event())]

    with pytest.raises(CannotMeasure, match="gone"):
        in_virtual_time(work)
