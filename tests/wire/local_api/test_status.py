"""The status of a tailscaled: what was recorded, what older and newer daemons leave out or add, and hostile ones."""

from __future__ import annotations

import copy
import ipaddress
import json
import random
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.errors import RemoteError
from natscope.model.endpoint import Endpoint
from natscope.model.mesh_status import MeshNode, MeshState, Way
from natscope.wire.local_api.status import decode_status
from tests.wire.local_api.recorded import STATUS, body, tree

ACTIVE: dict[str, Any] = tree("status-active.json")
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


@pytest.mark.parametrize("name", [*STATUS, "status.http", "status-nopeers.http"])
def test_recorded_ones_have_no_problem_and_lose_nothing(name: str) -> None:
    status, recorded = decode_status(body(name)), tree(name)
    assert (status.problems, status.problem_count) == ((), 0)
    assert len(status.peers) == len(recorded["Peer"] or {})
    assert status.state_word == recorded["BackendState"]
    assert [str(ip) for ip in status.addresses] == (recorded["TailscaleIPs"] or [])
    for node in status.peers:
        told = recorded["Peer"][node.key]
        assert (node.stable_id, node.host_name, f"{node.name}.") == (told["ID"], told["HostName"], told["DNSName"])
        assert str(node.current or "") == told["CurAddr"]
        assert (node.bytes_in, node.bytes_out) == (told["RxBytes"], told["TxBytes"])
        assert (node.is_online, node.is_active) == (told["Online"], told["Active"])
        assert set(node.rest) <= set(told)


def test_the_ways_of_a_recorded_mesh() -> None:
    status = decode_status(body("status-active.json"))
    by_name = {node.short_name: node for node in status.peers}
    assert {name: node.way for name, node in by_name.items()} == {
        "node-u": Way.RELAYED,
        "node-h": Way.IDLE,
        "node-b": Way.DIRECT,
    }
    direct = by_name["node-b"]
    assert direct.current == Endpoint(ipaddress.ip_address("198.51.100.12"), 41641)
    assert direct.last_handshake == datetime(2026, 11, 24, 21, 34, 31, 331364, tzinfo=UTC)
    assert by_name["node-h"].last_handshake is None
    assert (direct.owner, by_name["node-u"].relay) == ("lab", "near")
    assert status.this is not None
    assert status.this.endpoints == (Endpoint(ipaddress.ip_address("198.51.100.11"), 41641),)
    assert (status.state, status.network, status.dns_suffix) == (MeshState.RUNNING, "198.51.100.1", "lab.internal")


def test_a_daemon_that_is_not_logged_in() -> None:
    status = decode_status(body("status-needslogin.json"))
    assert (status.state, status.peers) == (MeshState.NEEDS_LOGIN, ())


@pytest.mark.parametrize(
    ("node", "way"),
    [
        (MeshNode(), Way.UNKNOWN),
        (MeshNode(is_active=False, relay="fra"), Way.IDLE),
        (MeshNode(is_active=True), Way.UNKNOWN),
        (MeshNode(is_active=True, relay="fra"), Way.RELAYED),
        (MeshNode(is_active=True, relay="fra", peer_relay="192.0.2.1:1:vni:2"), Way.PEER_RELAY),
        (MeshNode(is_active=True, relay="fra", current=Endpoint.parse("192.0.2.1:1")), Way.DIRECT),
    ],
)
def test_way(node: MeshNode, way: Way) -> None:
    assert node.way is way


@pytest.mark.parametrize("seed", range(20))
def test_fields_that_are_missing_or_new_cost_nothing_else(seed: int) -> None:
    chance = random.Random(seed)
    changed = copy.deepcopy(ACTIVE)
    key, node = chance.choice(list(changed["Peer"].items()))
    missing = chance.sample(sorted(set(node) - {"HostName", "PublicKey"}), 5)
    for name in missing:
        del node[name]
    node["FromTheFuture"] = {"a": [1, 2]}
    status = decode_status(json.dumps(changed).encode())
    found = next(peer for peer in status.peers if peer.key == key)
    assert found.host_name == node["HostName"]
    assert found.rest["FromTheFuture"] == {"a": [1, 2]}
    assert status.problem_count == 0
    others = [peer for peer in status.peers if peer.key != key]
    assert others == [peer for peer in decode_status(body("status-active.json")).peers if peer.key != key]


@given(st.data())
def test_any_value_in_any_place_is_read_or_named(data: st.DataObject) -> None:
    changed = copy.deepcopy(ACTIVE)
    node = data.draw(st.sampled_from([changed, changed["Self"], *changed["Peer"].values()]))
    names = data.draw(st.lists(st.sampled_from(sorted(node)), min_size=1, max_size=5))
    for name in names:
        node[name] = data.draw(ANYTHING)
    status = decode_status(json.dumps(changed).encode())
    assert len(status.problems) <= status.problem_count
    for peer in status.peers:
        assert peer.way in Way


def test_odd_values_are_named_with_their_place() -> None:
    changed = copy.deepcopy(ACTIVE)
    changed["Self"]["CurAddr"] = "nowhere"
    changed["Self"]["RxBytes"] = True
    changed["Self"]["LastSeen"] = "yesterday"
    changed["Health"] = "fine"
    status = decode_status(json.dumps(changed).encode())
    assert set(status.problems) == {
        "status.Self.CurAddr is no address with port",
        "status.Self.RxBytes is no whole number",
        "status.Self.LastSeen is no time",
        "status.Health is no list",
    }


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "no JSON"),
        (body("status.http")[:500], "no JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (b"[]", "no status"),
        (b"{}", "no status"),
        (b'{"Self": {}}\xff', "no JSON"),
        (b" " * ((64 << 20) + 1), "longer than 64 MiB"),
    ],
)
def test_what_is_no_status_is_one_clear_error(data: bytes, words: str) -> None:
    with pytest.raises(RemoteError, match=words):
        decode_status(data)


def test_ten_thousand_odd_peers_are_fifty_problems_in_words() -> None:
    peer = {"HostName": 5}
    data = json.dumps({"BackendState": "Running", "Peer": {f"nodekey:{n:064x}": peer for n in range(10_000)}})
    status = decode_status(data.encode())
    assert (len(status.peers), status.problem_count, len(status.problems)) == (10_000, 10_000, 50)
    assert status.peers[7].key == f"nodekey:{7:064x}"
