"""Four levels in order: the first one that fails is named, with what it means."""

from __future__ import annotations

import asyncio

import pytest

from natscope.host.api import Clock
from natscope.lab.stand_in import LEVELS as KINDS
from natscope.lab.stand_in import StandInMesh, StandInPeer
from natscope.mesh.levels import ASKS, LEVELS, NAMES, LevelResult, judge_levels, ping_levels
from natscope.mesh.pinging import PingPlan
from natscope.mesh.source import PingKind
from natscope.model.mesh_path import PingAnswer
from natscope.model.mesh_ping import PingShot
from natscope.model.mesh_status import MeshNode
from tests.mesh.virtual import daemon_of, in_virtual_time

IP = "100.64.0.9"
NAS = MeshNode(name="nas.lab.internal")


def results_of(peer: StandInPeer, deadline_s: float | None = None) -> tuple[LevelResult, ...]:
    async def work(clock: Clock) -> tuple[LevelResult, ...]:
        source, _ = daemon_of(StandInMesh(peers=(peer,)), clock)
        plan = PingPlan(count=2, wait_s=1.0, deadline_s=deadline_s)
        return tuple([result async for result in ping_levels(source, IP, plan, clock, asyncio.Event())])

    return in_virtual_time(work)


@pytest.mark.parametrize(
    ("answered", "failed", "words"),
    [
        (KINDS, None, "nas answers on all four levels"),
        (frozenset(), PingKind.DISCO, "disco is the first level that fails: nothing comes back from nas"),
        ({"disco"}, PingKind.TSMP, "TSMP is the first level that fails"),
        ({"disco", "TSMP"}, PingKind.ICMP, "ICMP is the first level that fails: WireGuard works"),
        ({"disco", "TSMP", "ICMP"}, PingKind.PEER_API, "peerapi is the first level that fails"),
        ({"disco", "TSMP", "peerapi"}, PingKind.ICMP, "ICMP is the first"),
        ({"TSMP", "ICMP"}, PingKind.DISCO, "disco got no pong though ICMP did"),
    ],
)
def test_the_first_that_fails(answered: set[str], failed: PingKind | None, words: str) -> None:
    results = results_of(StandInPeer("nas", IP, levels=frozenset(answered)))
    assert [result.kind for result in results] == list(LEVELS)
    verdict = judge_levels(results, NAS)
    assert verdict.failed is failed
    assert verdict.sentence.startswith(words)
    assert bool(verdict.fix) == (failed is not None)
    assert "PEER" not in verdict.sentence + verdict.fix


def test_one_pong_a_level_is_enough_and_two_tries_are_made() -> None:
    results = results_of(StandInPeer("nas", IP, levels=frozenset({"disco"})))
    assert [len(result.shots) for result in results] == [1, 2, 2, 2]
    assert [result.error for result in results] == ["", "no answer", "no answer", "no answer"]


def test_what_was_not_tried_is_not_judged() -> None:
    results = results_of(StandInPeer("nas", IP, levels=frozenset({"disco"})), deadline_s=1.5)
    assert [result.kind for result in results] == [PingKind.DISCO, PingKind.TSMP]
    assert judge_levels(results[:1], NAS).sentence == "nas answers on 1 of 4 levels; the rest was not tried"


def test_a_level_that_is_refused_is_no_silence() -> None:
    """The daemon says why it sends nothing: nobody knows whether the peer would have answered."""
    shot = PingShot(number=1, at_s=0.0, took_s=0.1, answer=PingAnswer(ip=IP, error="no matching peer"))
    verdict = judge_levels((LevelResult(PingKind.DISCO, (shot,)),), NAS)
    assert verdict.sentence == "disco is the first level that fails, and not by silence: no matching peer"
    assert verdict.fix == ""


def test_every_level_has_its_words() -> None:
    assert set(NAMES) == set(ASKS) == set(LEVELS) == set(PingKind)
