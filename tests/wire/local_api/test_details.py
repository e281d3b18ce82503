"""What is told of one node: recorded, older, newer, cut off, odd and hostile."""

from __future__ import annotations

import contextlib
import copy
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.errors import RemoteError
from natscope.model.endpoint import Endpoint
from natscope.model.mesh_details import PeerDetails, PeerNetwork
from natscope.model.tri import Tri
from natscope.wire.local_api.details import MAX_BYTES, MAX_ENDPOINTS, decode_details
from tests.wire.local_api.recorded import body, tree

WHOIS: dict[str, Any] = tree("whois.http")
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


def decoded(changed: dict[str, Any]) -> PeerDetails:
    return decode_details(json.dumps(changed).encode())


def test_recorded() -> None:
    assert decode_details(body("whois.http")) == PeerDetails(
        name="node-b.lab.internal",
        key="nodekey:b602df2847a6836b59cbf63ee2117f4a3abe90743b9072b85badd95f2b92471a",
        endpoints=(Endpoint.parse("198.51.100.12:41641"), Endpoint.parse("192.168.12.2:41641")),
        home_region=900,
        network=PeerNetwork(
            mapping_varies=Tri.NO, udp=Tri.YES, ipv6=Tri.NO, os_ipv6=Tri.YES, upnp=Tri.NO, nat_pmp=Tri.NO,
            pcp=Tri.NO, home_region=900, latency_ms={900: 0.191294, 901: 0.463659},
        ),
        version="1.102.5-ERR-BuildInfo",
        capability=142,
        os="linux",
        distribution="debian",
        is_container=True,
        is_userspace=True,
        is_online=True,
        is_authorized=True,
        owner="lab",
        rest=decode_details(body("whois.http")).rest,
    )  # fmt: skip


def test_what_is_not_read_is_kept_where_it_stood() -> None:
    changed = copy.deepcopy(WHOIS)
    changed["CapMap"] = {"example.com/cap/nas": [{"access": "rw"}], "x": None}
    changed["Node"]["Hostinfo"]["NetInfo"]["Future"] = {"a": 1}
    changed["Future"] = [1]
    found = decoded(changed)
    assert (found.owner, found.grants) == ("lab", changed["CapMap"])
    assert set(found.rest) == {"Future", "Node", "UserProfile"}
    assert found.rest["UserProfile"] == {"ID": 1, "DisplayName": "lab"}
    kept = found.rest["Node"]
    assert isinstance(kept, dict)
    for place in ((), ("Hostinfo",), ("Hostinfo", "NetInfo")):
        told, rest = _at(changed["Node"], place), _at(kept, place)
        assert {name: told[name] for name in rest if name not in ("Hostinfo", "NetInfo")} == {
            name: value for name, value in rest.items() if name not in ("Hostinfo", "NetInfo")
        }
    assert kept["DiscoKey"] == WHOIS["Node"]["DiscoKey"]
    assert _at(kept, ("Hostinfo", "NetInfo")) == {"WorkingICMPv4": False, "Future": {"a": 1}}
    assert "OS" not in kept["Hostinfo"]
    assert decoded({"Node": {}}).rest == {}


def test_an_older_daemon() -> None:
    """No recording: today's answer with the fields of 2024 (`DERP` in place of `HomeDERP`, `HairPinning`, fewer)."""
    old = copy.deepcopy(WHOIS)
    node = old["Node"]
    del node["HomeDERP"], node["Cap"], node["Hostinfo"]["Userspace"], node["Hostinfo"]["Container"]
    node["DERP"] = "127.3.3.40:901"
    node["Hostinfo"]["NetInfo"] = {"MappingVariesByDestIP": True, "HairPinning": False, "PreferredDERP": 901}
    found = decoded(old)
    assert (found.home_region, found.capability, found.is_container, found.is_userspace) == (901, None, None, None)
    assert found.network == PeerNetwork(mapping_varies=Tri.YES, hairpinning=Tri.NO, home_region=901)
    assert found.problems == ()


@pytest.mark.parametrize("text", ["", "127.3.3.40:0", "127.3.3.40:x", "10.0.0.1:5", "127.3.3.40:99999999999", "5"])
def test_an_older_home_that_is_none(text: str) -> None:
    old = copy.deepcopy(WHOIS)
    del old["Node"]["HomeDERP"]
    old["Node"]["DERP"] = text
    assert decoded(old).home_region is None


def test_a_newer_daemon_and_a_node_that_tells_nothing() -> None:
    new = copy.deepcopy(WHOIS)
    new["Node"]["Hostinfo"]["NetInfo"]["Future"] = {"a": 1}
    new["Node"]["Future"] = [1]
    known = decode_details(body("whois.http"))
    assert msgspec.structs.replace(decoded(new), rest=known.rest) == known
    assert decoded({"Node": {}}) == PeerDetails()
    assert decoded({"Node": {"Hostinfo": None}}).network is None


@pytest.mark.parametrize("place", [(), ("Hostinfo",), ("Hostinfo", "NetInfo")])
def test_every_field_may_be_missing(place: tuple[str, ...]) -> None:
    keys = list(_at(WHOIS["Node"], place))
    for key in keys:
        changed = copy.deepcopy(WHOIS)
        del _at(changed["Node"], place)[key]
        assert decoded(changed).problems == ()


def _at(node: dict[str, Any], place: tuple[str, ...]) -> dict[str, Any]:
    for name in place:
        node = node[name]
    return node


@given(st.data())
def test_any_value_in_any_place_is_read_or_named(data: st.DataObject) -> None:
    changed = copy.deepcopy(WHOIS)
    place = data.draw(st.sampled_from([(), ("Hostinfo",), ("Hostinfo", "NetInfo")]))
    target = _at(changed["Node"], place)
    for name in data.draw(st.lists(st.sampled_from(sorted(target)), min_size=1, max_size=5)):
        target[name] = data.draw(ANYTHING)
    found = decoded(changed)
    assert found.network is None or all(0 <= ms < 3.6e6 for ms in found.network.latency_ms.values())


def test_odd_latencies_are_named_and_cost_nothing_else() -> None:
    changed = copy.deepcopy(WHOIS)
    changed["Node"]["Hostinfo"]["NetInfo"]["DERPLatency"] = {
        "1-v4": 0.02, "1-v6": 0.01, "x-v4": 1, "2-v4": "fast", "3-v4": -1, "4": 0.5, "5-v5": 1, "6-v4": 1e9,
    }  # fmt: skip
    found = decoded(changed)
    assert found.network is not None
    assert found.network.latency_ms == {1: 10.0, 4: 500.0}
    assert len(found.problems) == 3  # each named once


def test_cut_off_at_every_byte() -> None:
    data = body("whois.http").rstrip()
    for length in range(len(data)):
        with pytest.raises(RemoteError):
            decode_details(data[:length])


@given(st.binary(max_size=300))
def test_garbage(data: bytes) -> None:
    with contextlib.suppress(RemoteError):
        decode_details(data)


@pytest.mark.parametrize(
    "data",
    [
        b"null", b"[]", b"{}", b'{"Node": []}', b'{"Node": null}', body("whois-miss.http"),
        b'{"Node":' * 100_000, b" " * (MAX_BYTES + 1),
    ],
)  # fmt: skip
def test_what_is_none_is_one_clear_error(data: bytes) -> None:
    with pytest.raises(RemoteError):
        decode_details(data)


def test_a_node_with_too_many_endpoints() -> None:
    changed = copy.deepcopy(WHOIS)
    changed["Node"]["Endpoints"] = [f"192.0.2.{n % 250}:{n % 60000 + 1}" for n in range(50_000)]
    assert len(decoded(changed).endpoints) == MAX_ENDPOINTS
