"""The stand-in tailscaled: it answers as a recorded one does, its script is played, and what it spoils is spoilt."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import json
import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from natscope.errors import CannotMeasure, NatscopeError, RefusedError
from natscope.host.real.host import build_real_host
from natscope.lab.library import load_scenario
from natscope.lab.scenario_truth import PairDirect
from natscope.lab.stand_in import LEVELS, Fault, StandInMesh, StandInPeer, many_peers
from natscope.lab.stand_in_daemon import StandIn
from natscope.lab.stand_in_scenario import becomes_direct, mesh_of
from natscope.lab.stand_in_serve import StandInHttp, StandInServer
from natscope.mesh.source import PingKind
from natscope.model.mesh_status import MeshState, Way
from natscope.tailscaled.daemon import NO_ANSWER, Daemon
from natscope.web.client import HttpClient
from tests.wire.local_api.recorded import tree

HEADERS = {"host": "local-tailscaled.sock"}
NAS = StandInPeer(
    "nas",
    "100.64.0.9",
    endpoints=("198.51.100.60:33217", "192.168.178.4:41641"),
    network={"MappingVariesByDestIP": True},
    direct="198.51.100.60:33217",
    direct_after=2,
)


def body_of(stand_in: StandIn, target: str, method: str = "GET") -> Any:
    return json.loads(stand_in.answer(method, f"/localapi/v0/{target}", HEADERS).body)


def fresh(**fields: Any) -> StandIn:
    return StandIn(StandInMesh(**{"peers": (NAS,), **fields}), build_real_host().clock)


def daemon(stand_in: StandIn) -> Daemon:
    return Daemon(StandInHttp(stand_in, build_real_host().clock), "/x.sock")


def test_its_answers_have_the_fields_of_recorded_ones() -> None:
    stand_in, recorded = fresh(), tree("status.http")
    status = body_of(stand_in, "status")
    assert set(recorded) == set(status)
    peer, theirs = (next(iter(t["Peer"].values())) for t in (status, recorded))
    assert set(theirs) == set(peer)
    assert {name for name, value in theirs.items() if not isinstance(value, type(peer[name]))} <= {"Addrs"}
    assert set(tree("ping-disco.http")) == set(body_of(stand_in, "ping?ip=100.64.0.9&type=disco", "POST"))
    assert set(tree("ping-tsmp.http")) == set(body_of(stand_in, "ping?ip=100.64.0.9&type=TSMP", "POST"))
    assert set(tree("ping-peerapi.http")) == set(body_of(stand_in, "ping?ip=100.64.0.9&type=peerapi", "POST"))
    assert set(tree("ping-self.http")) == set(body_of(stand_in, "ping?ip=100.64.0.2&type=disco", "POST"))
    assert set(body_of(stand_in, "whois?addr=100.64.0.9:0")["Node"]) <= set(tree("whois.http")["Node"])
    assert set(body_of(stand_in, "prefs")) <= set(tree("prefs.http"))
    (first, *_) = body_of(stand_in, "debug-peer-endpoint-changes?ip=100.64.0.9")
    assert set(first) == {"When", "What", "From", "To"}


async def test_relay_then_direct_and_the_status_follows() -> None:
    source = daemon(fresh())
    assert [peer.way for peer in (await source.status()).peers] == [Way.IDLE]
    answers = [await source.ping(NAS.ip, PingKind.DISCO, timeout_s=1) for _ in range(4)]
    assert [(a.relay_code, str(a.endpoint or "")) for a in answers] == [
        ("fra", ""), ("fra", ""), ("", NAS.direct), ("", NAS.direct),
    ]  # fmt: skip
    (peer,) = (await source.status()).peers
    assert (peer.way, str(peer.current)) == (Way.DIRECT, NAS.direct)
    changes = await source.path_changes(NAS.ip)
    assert changes is not None
    assert [change.what for change in changes][-1] == "handlePongConnLocked-bestAddr-update"
    details = await source.details(NAS.ip)
    assert details is not None
    assert details.network is not None
    assert details.network.mapping_varies == "yes"
    assert (await source.details("100.64.0.2")) is not None
    traffic = await source.traffic()
    assert traffic is not None
    assert traffic["direct_ipv4"].bytes_in == 4 * 96


@pytest.mark.parametrize(
    ("peer", "kind", "answered"),
    [
        (StandInPeer("a", NAS.ip, levels=frozenset({"disco"})), PingKind.DISCO, True),
        (StandInPeer("a", NAS.ip, levels=LEVELS - {"ICMP"}), PingKind.ICMP, False),
        (StandInPeer("a", NAS.ip, online=False), PingKind.DISCO, False),
        (StandInPeer("a", NAS.ip, expired=True), PingKind.TSMP, False),
        (StandInPeer("a", NAS.ip, lost=frozenset({1})), PingKind.DISCO, False),
    ],
)
async def test_who_answers(peer: StandInPeer, kind: PingKind, answered: bool) -> None:
    source = daemon(fresh(peers=(peer,)))
    answer = await source.ping(peer.ip, kind, timeout_s=0.1)
    assert answer.error == ("" if answered else NO_ANSWER)


@pytest.mark.parametrize(("kind", "words"), [
    (PingKind.DISCO, "peer's node key has expired"), (PingKind.TSMP, NO_ANSWER), (PingKind.ICMP, NO_ANSWER),
    (PingKind.PEER_API, "peer's node key has expired"),
])  # fmt: skip
async def test_a_key_that_has_expired(kind: PingKind, words: str) -> None:
    """Source: upstream wgengine/magicsock/endpoint.go (discoPing), ipn/ipnlocal/local.go (pingPeerAPI)."""
    stand_in = fresh(peers=(StandInPeer("a", NAS.ip, expired=True),))
    source = daemon(stand_in)
    assert (await source.ping(NAS.ip, kind, timeout_s=0.1)).error == words
    (peer,) = (await source.status()).peers
    assert peer.is_expired
    assert peer.key_expiry is not None
    assert peer.key_expiry < build_real_host().clock.utc()


async def test_states_and_permission() -> None:
    status = await daemon(fresh(state="NeedsLogin", login_url="https://x")).status()
    assert (status.state, status.peers, status.login_url) == (MeshState.NEEDS_LOGIN, (), "https://x")
    assert (await daemon(fresh(state="Stopped")).status()).state is MeshState.STOPPED
    source = daemon(fresh(faults={"debug-peer-endpoint-changes": Fault.DENIED, "usermetrics": Fault.MISSING}))
    with pytest.raises(RefusedError, match="does not allow this to you"):
        await source.path_changes(NAS.ip)
    assert await source.traffic() is None


def test_a_stranger_on_the_web_is_refused() -> None:
    for more in ({"origin": "http://x"}, {"referer": "http://x"}, {"host": "localhost"}):
        assert fresh().answer("GET", "/localapi/v0/status", HEADERS | more).status == 403


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault is not Fault.SILENT])
async def test_each_fault_over_a_real_socket_is_one_clear_error(tmp_path: Path, fault: Fault) -> None:
    host = build_real_host()
    async with StandInServer(fresh(faults={"status": fault}), str(tmp_path / "t.sock")) as server:
        assert stat.S_IMODE(os.stat(server.path).st_mode) == 0o666
        with pytest.raises(NatscopeError, match=r"^tailscaled at .*t\.sock"):
            await Daemon(HttpClient(host), server.path).status()
    with pytest.raises(CannotMeasure):
        await Daemon(HttpClient(host), server.path).status()


async def test_watching_over_a_real_socket(tmp_path: Path) -> None:
    async with StandInServer(fresh(), str(tmp_path / "t.sock")) as server:
        reader, writer = await asyncio.open_unix_connection(server.path)
        writer.write(b"GET /localapi/v0/watch-ipn-bus?mask=2 HTTP/1.1\r\nHost: local-tailscaled.sock\r\n\r\n")
        await reader.readuntil(b'"State": 6}\n')
        assert server.watchers == 1
        server.notify(b'{"State": 4}\n')
        assert await reader.readuntil(b'"State": 4}\n')
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def test_many_peers_have_addresses_of_their_own() -> None:
    peers = many_peers(70_000)
    assert len({peer.ip for peer in peers}) == 70_000
    assert ipaddress.ip_address(peers[-1].ip) in ipaddress.ip_network("100.64.0.0/10")


PAIRED = (
    "neighbours", "pair-cone-symmetric", "pair-cones", "pair-restricted-symmetric", "pair-symmetric", "two-hosts",
    "two-hosts-hairpin", "two-hosts-hairpin-internal",
)  # fmt: skip


@pytest.mark.parametrize("name", PAIRED)
def test_what_follows_from_both_truths_is_what_the_scenarios_say_of_pairs(name: str) -> None:
    scenario = load_scenario(name)
    assert scenario.pairs
    alone = replace(scenario, pairs=())
    for pair in scenario.pairs:
        assert becomes_direct(scenario, pair.first, pair.second) == (pair.direct is PairDirect.YES)
        assert becomes_direct(alone, pair.first, pair.second) == (pair.direct is PairDirect.YES)


def test_a_mesh_of_a_scenario() -> None:
    mesh = mesh_of(load_scenario("pair-symmetric"), "alice")
    (bob,) = mesh.peers
    assert (mesh.name, bob.name, bob.direct, bob.direct_after) == ("alice", "bob", "", None)
    assert bob.endpoints == ("203.0.113.11:33217", "203.0.113.11:41641", "192.168.2.10:41641")
    assert (bob.network or {})["MappingVariesByDestIP"] is True
    (bob,) = mesh_of(load_scenario("pair-cones"), "alice").peers
    assert (bob.direct, bob.direct_after) == ("203.0.113.11:41641", 2)
    with pytest.raises(NatscopeError, match="no host"):
        mesh_of(load_scenario("pair-cones"), "nobody")
