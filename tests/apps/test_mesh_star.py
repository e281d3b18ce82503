"""An address behind a router of the mesh that is a node's own: found, and both ways measured."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from natscope.apps.mesh_peer import find_peer
from natscope.apps.mesh_star import star_of
from natscope.diagnosis.pair.star import Star
from natscope.lab.stand_in import Fault, StandInMesh, StandInPeer
from natscope.lab.stand_in_daemon import StandIn
from natscope.lab.stand_in_serve import StandInHttp
from natscope.model.mesh_status import Way
from natscope.model.tri import Tri
from natscope.tailscaled.daemon import Daemon
from tests.cli.mesh_goldens import QuickClock

HUB = StandInPeer("office", "100.64.0.3", routes=("192.168.50.0/24",), direct="203.0.113.9:1", way=Way.DIRECT)
NAS = StandInPeer(
    "nas", "100.64.0.9", endpoints=("192.168.50.7:41641", "203.0.113.9:33217"), direct="203.0.113.9:33217",
    direct_after=1, jitter_ms=0.0,
)  # fmt: skip


def found(
    *peers: StandInPeer, word: str = "192.168.50.7", probe: bool = True, faults: dict[str, Fault] | None = None
) -> tuple[Star | None, StandIn]:
    clock = QuickClock()
    stand_in = StandIn(StandInMesh(peers=peers, faults=faults or {}), clock)
    daemon = Daemon(StandInHttp(stand_in, clock), "/t.sock")

    async def sleep(_: float) -> None:
        return

    async def ask() -> Star | None:
        status = await daemon.status()
        return await star_of(daemon, status, find_peer(status, word), sleep=sleep, probe=probe)

    return asyncio.run(ask()), stand_in


def test_both_ways_are_measured() -> None:
    star, stand_in = found(HUB, NAS)
    assert star is not None
    assert (star.node.short_name, str(star.address), star.is_straight) == ("nas", "192.168.50.7", Tri.YES)
    assert star.through_s is not None
    assert star.straight_s == pytest.approx(0.012)
    assert stand_in.asked.count("POST ping") == 3  # one through the hub; to the node the first came through a relay


def test_a_node_that_stays_relayed() -> None:
    star, _ = found(HUB, StandInPeer("nas", "100.64.0.9", endpoints=("192.168.50.7:41641",)))
    assert star is not None
    assert (star.is_straight, star.straight_s is not None) == (Tri.NO, True)


def test_a_node_that_does_not_answer() -> None:
    star, _ = found(HUB, StandInPeer("nas", "100.64.0.9", endpoints=("192.168.50.7:41641",), levels=frozenset()))
    assert star is not None
    assert (star.is_straight, star.straight_s) == (Tri.UNKNOWN, None)


def test_nothing_is_sent_without_leave() -> None:
    star, stand_in = found(HUB, NAS, probe=False)
    assert star is not None
    assert (star.through_s, star.straight_s, star.is_straight) == (None, None, Tri.UNKNOWN)
    assert "POST ping" not in stand_in.asked


@pytest.mark.parametrize("word", ["192.168.50.8", "nas", "100.64.0.9", "laptop"])
def test_others_addresses_and_nodes_by_name_are_none(word: str) -> None:
    star, stand_in = found(HUB, NAS, word=word)
    assert star is None
    assert "POST ping" not in stand_in.asked


def test_a_refusal_is_no_answer() -> None:
    assert found(HUB, NAS, faults={"whois": Fault.DENIED})[0] is None


def test_through_the_exit_node_although_the_node_is_in_the_mesh() -> None:
    way_out = replace(HUB, exit_node=True, routes=("0.0.0.0/0",))
    nas = replace(NAS, endpoints=("198.51.100.60:41641",))
    star, _ = found(way_out, nas, word="198.51.100.60")
    assert star is not None
    assert (star.node.short_name, star.is_straight) == ("nas", Tri.YES)


def test_both_legs_of_a_peer_relay() -> None:
    hub = replace(HUB, direct="203.0.113.7:40000", direct_ms=5.0, jitter_ms=0.0)
    far = StandInPeer("far", "100.64.0.6", peer_relay="203.0.113.7:40000:vni:7", way=Way.PEER_RELAY)
    star, stand_in = found(hub, far, word="far")
    assert star is not None
    assert star.address is None
    assert star.through_s is not None
    assert star.hub_s == pytest.approx(0.005)
    assert stand_in.asked.count("POST ping") == 2
    assert found(hub, far, word="far", probe=False)[0] is None
    assert found(far, word="far")[0] is None  # who relays is not known
