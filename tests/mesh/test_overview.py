"""The overview: states, their order, what counts more than the status, and which report may speak."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from natscope.mesh.overview import (
    ACTIVE,
    TOO_MANY,
    Asked,
    PeerState,
    ReportUse,
    build_line,
    build_lines,
    checked_report,
    count_states,
    sorted_peers,
    state_of,
)
from natscope.model.endpoint import Endpoint
from natscope.model.mesh_path import PathChange, PingAnswer
from natscope.model.mesh_status import MeshNode, MeshState, MeshStatus
from natscope.model.tri import Tri
from natscope.wire.local_api.netcheck import decode_netcheck
from tests.wire.local_api.test_netcheck import recorded

HERE = Endpoint.parse("203.0.113.9:41641")
SEEN = datetime(2026, 11, 21, 18, 2, tzinfo=UTC)


def node(name: str, **fields: Any) -> MeshNode:
    told: dict[str, Any] = {"key": name, "name": f"{name}.lab", "is_active": False, "is_online": True} | fields
    return MeshNode(**told)


DIRECT = node("direct", is_active=True, current=HERE, relay="fra")
RELAYED = node("relayed", is_active=True, relay="fra")
THROUGH = node("through", is_active=True, relay="fra", peer_relay="203.0.113.7:1:vni:7")
IDLE, GONE = node("idle", current=None), node("gone", is_online=False, is_active=True, relay="fra", last_seen=SEEN)
EXPIRED = node("expired", is_expired=True, is_active=True, relay="fra")
OLD = node("old", is_active=None)


def status(*peers: MeshNode, this: MeshNode | None = None) -> MeshStatus:
    return MeshStatus(state=MeshState.RUNNING, peers=peers, this=this)


def pong(**fields: Any) -> PingAnswer:
    return PingAnswer(latency_s=0.042, **fields)


@pytest.mark.parametrize(
    ("peer", "state"),
    [
        (DIRECT, PeerState.DIRECT),
        (RELAYED, PeerState.RELAYED),
        (THROUGH, PeerState.PEER_RELAY),
        (IDLE, PeerState.IDLE),
        (GONE, PeerState.OFFLINE),  # control says so, though packets are still sent
        (EXPIRED, PeerState.EXPIRED),
        (OLD, PeerState.UNKNOWN),
        (node("unsure", is_online=None, is_active=True, current=HERE), PeerState.DIRECT),
    ],
)
def test_state(peer: MeshNode, state: PeerState) -> None:
    assert state_of(peer) is state


def test_a_pong_counts_more_than_the_status_before_it() -> None:
    assert state_of(IDLE, (pong(endpoint=HERE),)) is PeerState.DIRECT
    assert state_of(DIRECT, (pong(relay_id=900, relay_code="fra"),)) is PeerState.RELAYED
    assert state_of(RELAYED, (pong(peer_relay="x"),)) is PeerState.PEER_RELAY
    assert state_of(RELAYED, (PingAnswer(error="no answer"),)) is PeerState.RELAYED
    assert state_of(RELAYED, (pong(endpoint=HERE), PingAnswer(error="no answer"))) is PeerState.DIRECT


def test_trouble_stands_first_then_names() -> None:
    peers = sorted_peers(status(IDLE, GONE, DIRECT, node("Anna"), OLD, EXPIRED, THROUGH, RELAYED), Asked())
    assert [peer.key for peer, _ in peers] == [
        "relayed", "old", "through", "direct", "Anna", "idle", "expired", "gone",
    ]  # fmt: skip
    counts = count_states(peers)
    assert (counts[PeerState.IDLE], counts[PeerState.RELAYED], sum(counts.values())) == (2, 1, 8)


def test_nodes_that_only_share_are_left_out_while_nothing_is_sent_to_them() -> None:
    sharee = node("sharee", is_sharee=True)
    busy = node("busy", is_sharee=True, is_active=True, relay="fra")
    assert [peer.key for peer, _ in sorted_peers(status(sharee, busy), Asked())] == ["busy"]


def test_a_line_has_the_round_trip_and_the_relay_of_the_newest_pong() -> None:
    asked = Asked(pings={"relayed": (pong(relay_id=901, relay_code="ams"),), "idle": (PingAnswer(error="no answer"),)})
    line = build_line(status(RELAYED), RELAYED, PeerState.RELAYED, asked, None)
    assert (line.rtt_s, line.relay, line.via, line.was_pinged) == (0.042, "ams", "ams", True)
    silent = build_line(status(IDLE), IDLE, PeerState.IDLE, asked, None)
    assert (silent.rtt_s, silent.was_pinged) == (None, True)


def test_via_tells_family_and_local_networks() -> None:
    for text, via in (
        ("203.0.113.9:1", "v4"),
        ("[2001:db8::1]:1", "v6"),
        ("192.168.1.4:1", "LAN"),
        ("[fd00::1]:1", "LAN"),
        ("100.70.3.4:1", "CGNAT"),
    ):
        peer = node("p", is_active=True, current=Endpoint.parse(text))
        assert build_line(status(peer), peer, PeerState.DIRECT, Asked(), None).via == via


def test_since_is_the_history_s_or_what_control_says() -> None:
    changes = (PathChange(at=SEEN, what="handlePongConnLocked-bestAddr-update"),)
    asked = Asked(changes=dict.fromkeys(("direct", "relayed", "through"), changes))
    for peer, state in ((DIRECT, PeerState.DIRECT), (RELAYED, PeerState.RELAYED), (GONE, PeerState.OFFLINE)):
        since = build_line(status(peer), peer, state, asked, None).since
        assert since is not None
        assert since.at == SEEN
    through = build_line(status(THROUGH), THROUGH, PeerState.PEER_RELAY, asked, None)
    assert through.since is None, "the answer may have come through the peer relay, and may be of its middle"
    assert build_line(status(DIRECT), DIRECT, PeerState.DIRECT, Asked(), None).since is None


def test_reasons_are_looked_for_a_bounded_number_of_times() -> None:
    peers = [node(f"n{number}", is_active=True, relay="fra") for number in range(5)]
    lines = list(build_lines(status(*peers), [(p, PeerState.RELAYED) for p in peers], Asked(), None, max_explained=2))
    assert [line.why is TOO_MANY for line in lines] == [False, False, True, True, True]
    calm = list(build_lines(status(IDLE), [(IDLE, PeerState.IDLE)] * 5, Asked(), None, max_explained=0))
    assert not any(line.why is TOO_MANY for line in calm)


def test_a_report_of_another_place_may_not_speak() -> None:
    report = decode_netcheck(recorded("public"))  # seen as 198.51.100.11
    use = ReportUse(report=report, origin="kept", age_s=60, same_network=Tri.YES)

    def at(*endpoints: str) -> MeshStatus:
        return status(this=node("me", endpoints=tuple(map(Endpoint.parse, endpoints))))

    assert checked_report(use, at("198.51.100.11:5", "192.168.1.4:1")) is use
    elsewhere = checked_report(use, at("203.0.113.200:41641"))
    assert elsewhere is not None
    assert (elsewhere.report, elsewhere.same_network, elsewhere.is_outdated) == (None, Tri.NO, True)
    assert checked_report(use, at("192.168.1.4:1")) is use  # nothing public is told: not known
    assert checked_report(use, status()) is use
    assert checked_report(None, at("203.0.113.200:41641")) is None
    empty = msgspec.structs.replace(use, report=None)
    assert checked_report(empty, at("203.0.113.200:41641")) is empty
    fresh = msgspec.structs.replace(use, origin="fresh", age_s=0.0)
    assert checked_report(fresh, at("203.0.113.200:41641")) is fresh  # there the node tells what is not so
    assert (fresh.is_of_now, use.is_of_now) == (Tri.YES, Tri.UNKNOWN)
    later = {"age_s": 31.0}
    bound = {"same_network": Tri.UNKNOWN}
    for less in ({"report": None}, later, bound):
        assert msgspec.structs.replace(fresh, **less).is_of_now is Tri.UNKNOWN


def test_active_states_are_those_with_traffic() -> None:
    assert set(PeerState) - set(ACTIVE) == {PeerState.IDLE, PeerState.OFFLINE, PeerState.EXPIRED}
