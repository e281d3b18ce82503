"""Tailscale's JSON form: what upstream accepts is read, what is wrong is named and left out, garbage is one line."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from natscope.errors import UserError
from natscope.model.relay_map import RelayMap
from natscope.wire import relay_map_reading
from natscope.wire.relay_map_fields import MAX_NODES_PER_REGION
from natscope.wire.relay_map_json import decode_relay_map_json, encode_relay_map_json, read_relay_map_json
from natscope.wire.relay_map_problems import MAX_PROBLEMS
from tests.wire.relay_maps import FIXTURES, HOSTILE, PIN, node, region, relay_maps, written


def codes(data: bytes) -> list[str]:
    return [problem.code for problem in decode_relay_map_json(data)[1]]


@given(relay_maps())
def test_round_trip(relay_map: RelayMap) -> None:
    assert decode_relay_map_json(encode_relay_map_json(relay_map)) == (relay_map, ())


def test_a_recorded_map_of_a_real_daemon() -> None:
    relay_map, problems = decode_relay_map_json((FIXTURES / "maps" / "localapi-derpmap.json").read_bytes())
    assert problems == ()
    assert [(r.region_id, r.region_code, r.nodes[0].ipv4) for r in relay_map.regions] == [
        (900, "near", "198.51.100.1"),
        (901, "far", "198.51.100.2"),
    ]


def test_a_recorded_map_is_written_with_the_same_fields() -> None:
    data = (FIXTURES / "maps" / "localapi-derpmap.json").read_bytes()
    assert json.loads(encode_relay_map_json(decode_relay_map_json(data)[0])) == json.loads(data)


def test_zero_values_are_left_out_and_the_others_always_written() -> None:
    relay_map, _ = decode_relay_map_json(written(region(900, node(STUNPort=0, IPv4=""), RegionCode="", RegionName="")))
    tree = json.loads(encode_relay_map_json(relay_map))
    assert list(tree) == ["Regions"]
    assert list(tree["Regions"]["900"]) == ["RegionID", "RegionCode", "RegionName", "Nodes"]
    assert list(tree["Regions"]["900"]["Nodes"][0]) == ["Name", "RegionID", "HostName"]


def test_every_field_of_a_node_is_read_and_written() -> None:
    full = node(
        CertName=PIN, IPv4="192.0.2.1", IPv6="2001:db8::1", STUNPort=-1, STUNOnly=True, DERPPort=8443,
        InsecureForTests=True, STUNTestIP="192.0.2.2", CanPort80=True,
    )  # fmt: skip
    whole = region(900, full, Latitude=50.1, Longitude=-8.6, Avoid=True, NoMeasureNoHome=True)
    data = written(whole, HomeParams={"RegionScore": {"900": 0.8}}, omitDefaultRegions=True)
    relay_map, problems = decode_relay_map_json(data)
    assert problems == ()
    assert relay_map.region_scores == {900: 0.8}
    assert relay_map.omit_default_regions
    assert json.loads(encode_relay_map_json(relay_map)) == json.loads(data)


def test_names_match_in_any_case_and_the_last_of_two_keys_counts() -> None:
    data = b'{"REGIONS":{"900":{"regionid":1,"RegionId":900,"nodes":[{"NAME":"a","regionID":900,"hostname":"h"}]}}}'
    relay_map, problems = decode_relay_map_json(data)
    assert problems == ()
    assert relay_map.regions[0].nodes[0].host_name == "h"


def test_null_is_not_written_and_a_null_region_is_removed() -> None:
    data = written(region(900, node(IPv4=None, STUNPort=None), Latitude=None)).replace(
        b'"Regions": {', b'"Regions": {"1": null, '
    )
    reading = read_relay_map_json(data)
    assert reading.problems == ()
    assert (reading.removed_regions, reading.total_regions) == ((1,), 1)


def test_regions_come_in_ascending_order() -> None:
    relay_map, _ = decode_relay_map_json(written(region(901), region(5), region(900)))
    assert [r.region_id for r in relay_map.regions] == [5, 900, 901]


WRONG_NODES: list[tuple[dict[str, Any], str, str]] = [
    ({"RegionID": None}, "region-id-missing", '"RegionID": 900'),
    ({"RegionID": 901}, "region-id-differs", '"RegionID": 900'),
    ({"RegionID": 900.5}, "wrong-type", ""),
    ({"RegionID": 900.0}, "wrong-type", '"RegionID": 900'),
    ({"RegionID": 2**53}, "region-id-range", ""),
    ({"RegionID": True}, "wrong-type", ""),
    ({"Name": None}, "node-name-missing", ""),
    ({"Name": 900}, "wrong-type", '"Name": "900"'),
    ({"HostName": None}, "host-name-missing", ""),
    ({"HostName": ""}, "host-name-missing", ""),
    ({"HostName": "https://r.example.net/derp"}, "host-name-is-url", '"HostName": "r.example.net"'),
    ({"HostName": "r.example.net:443"}, "host-name-has-port", '"HostName": "r.example.net"'),
    ({"STUNPort": 65536}, "port-range", ""),
    ({"STUNPort": "3478"}, "wrong-type", '"STUNPort": 3478'),
    ({"DERPPort": -1}, "port-range", ""),
    ({"DERPPort": 99999999999999999999}, "port-range", ""),
    ({"STUNOnly": "true"}, "wrong-type", '"STUNOnly": true'),
    ({"InsecureForTests": 1}, "wrong-type", ""),
    ({"IPv4": "none", "IPv6": "none"}, "no-address-family", ""),
]


@pytest.mark.parametrize(("fields", "code", "fix"), WRONG_NODES)
def test_a_wrong_node_is_named_and_left_out(fields: dict[str, Any], code: str, fix: str) -> None:
    bad = {k: v for k, v in (node(900, "bad") | fields).items() if v is not None}
    relay_map, problems = decode_relay_map_json(written(region(900, node(), bad), region(901)))
    assert [(p.severity, p.code, p.region_id, p.fix) for p in problems] == [("error", code, 900, fix)]
    assert problems[0].place.startswith("$.Regions.900.Nodes[1]")
    assert [n.name for r in relay_map.regions for n in r.nodes] == ["900a", "901a"]


WRONG_REGIONS: list[tuple[Any, str]] = [
    (5, "not-an-object"),
    ([], "not-an-object"),
    ({}, "region-id-missing"),
    (region(901), "region-id-differs"),
    (region(900, Nodes=None), "region-without-nodes"),
    (region(900, Nodes=[]), "region-without-nodes"),
    (region(900, Nodes={}), "not-a-list"),
    (region(900, Nodes=[1]), "not-an-object"),
    (region(900, NoMeasureNoHome="yes"), "wrong-type"),
]


@pytest.mark.parametrize(("raw", "code"), WRONG_REGIONS)
def test_a_wrong_region_is_named_and_left_out(raw: Any, code: str) -> None:
    data = json.dumps({"Regions": {"900": raw, "902": region(902)}}).encode()
    relay_map, problems = decode_relay_map_json(data)
    assert code in [p.code for p in problems]
    assert {(p.severity, p.region_id) for p in problems} == {("error", 900)}
    assert [r.region_id for r in relay_map.regions] == [902]


@pytest.mark.parametrize("key", ["0", "-5", "x", "", "9007199254740992", "９００", "1" * 400])
def test_a_region_key_that_is_no_id(key: str) -> None:
    data = json.dumps({"Regions": {key: region(900), "901": region(901)}}).encode()
    relay_map, problems = decode_relay_map_json(data)
    assert [p.code for p in problems] == ["region-key"]
    assert [r.region_id for r in relay_map.regions] == [901]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"Latitude": 91}, "out-of-range"),
        ({"Longitude": "8"}, "wrong-type"),
        ({"RegionCode": 5}, "wrong-type"),
        ({"Avoid": 1}, "wrong-type"),
    ],
)
def test_a_wrong_field_that_measuring_can_do_without_costs_the_field_only(fields: dict[str, Any], code: str) -> None:
    relay_map, problems = decode_relay_map_json(written(region(900, **fields)))
    assert [(p.code, p.place) for p in problems] == [(code, f"$.Regions.900.{next(iter(fields))}")]
    assert len(relay_map.regions) == 1


def test_two_nodes_of_one_name() -> None:
    relay_map, problems = decode_relay_map_json(written(region(900), region(901, node(901, "900a"), node(901, "b"))))
    assert [(p.code, p.place) for p in problems] == [("duplicate-node-name", "$.Regions.901.Nodes[0].Name")]
    assert [n.name for n in relay_map.regions[1].nodes] == ["b"]


@pytest.mark.parametrize(
    "fields", [{"IPv4": "2001:db8::1"}, {"IPv4": "300.1.1.1"}, {"IPv6": "192.0.2.1"}, {"IPv4": "x"}]
)
def test_what_is_no_address_switches_the_family_off_and_is_told(fields: dict[str, Any]) -> None:
    relay_map, problems = decode_relay_map_json(written(region(900, node(**fields))))
    assert [(p.severity, p.code) for p in problems] == [("warning", "bad-address")]
    family = 4 if "IPv4" in fields else 6
    assert not relay_map.regions[0].nodes[0].may_have(family)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["none", "NONE", ""])
def test_none_is_said_on_purpose(text: str) -> None:
    assert codes(written(region(900, node(IPv6=text)))) == []


def test_a_pin_that_can_never_match() -> None:
    _, problems = decode_relay_map_json(
        written(region(900, node(CertName=PIN.upper().replace("SHA256-RAW", "sha256-raw"))))
    )
    assert [(p.severity, p.code, p.fix) for p in problems] == [("warning", "cert-pin", f'"CertName": "{PIN}"')]
    assert codes(written(region(900, node(CertName="sha256-raw:00")))) == ["cert-pin"]


def test_an_unknown_field_is_told_with_what_was_meant() -> None:
    _, problems = decode_relay_map_json(written(region(900, node(stun_port=3478, Colour="red"))))
    assert [(p.code, p.fix) for p in problems] == [("unknown-field", '"STUNPort":'), ("unknown-field", "")]


def test_scores_that_are_wrong_cost_themselves_only() -> None:
    scores = {"900": 0.5, "x": 1, "901": "fast"}
    relay_map, problems = decode_relay_map_json(written(region(900), HomeParams={"RegionScore": scores}))
    assert relay_map.region_scores == {900: 0.5}
    assert [p.place for p in problems] == ["$.HomeParams.RegionScore.x", "$.HomeParams.RegionScore.901"]


def test_problems_stand_where_the_file_has_them() -> None:
    data = (
        b'{"Regions": {\n  "900": {\n    "regionid": 900,\n    "Nodes": [\n'
        b'      {"Name": "a", "RegionID": 1,\n       "HostName": "h"}\n]}}}'
    )
    (problem,) = decode_relay_map_json(data)[1]
    assert (problem.place, problem.line, problem.column) == ("$.Regions.900.Nodes[0].RegionID", 5, 33)


def test_no_positions_are_worked_out_for_a_good_map(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("natscope.wire.json_spots.JsonSpots", None)
    assert codes(written(region())) == []


def test_problems_nodes_and_regions_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    many = [node(900, f"n{i}") for i in range(MAX_NODES_PER_REGION + 5)]
    relay_map, problems = decode_relay_map_json(written(region(900, *many)))
    assert (len(relay_map.regions[0].nodes), [p.code for p in problems]) == (MAX_NODES_PER_REGION, ["too-many-nodes"])
    monkeypatch.setattr(relay_map_reading, "MAX_REGIONS", 3)
    relay_map, problems = decode_relay_map_json(written(*(region(900 + i) for i in range(5))))
    assert (len(relay_map.regions), [p.code for p in problems]) == (3, ["too-many-regions"])
    broken = {"900": region(900, *({"x": i} for i in range(250)))}
    problems = decode_relay_map_json(json.dumps({"Regions": broken}).encode())[1]
    assert (len(problems), problems[-1].code) == (MAX_PROBLEMS + 1, "more-problems")


def test_every_truncation_is_no_json() -> None:
    data = written(region(900), region(901))
    for length in range(len(data)):
        with pytest.raises(UserError):
            decode_relay_map_json(data[:length])


@given(st.binary(max_size=200))
@example(b"\xef\xbb\xbf")
@example(b'{"Regions":{"900":{"Nodes":[{}')
def test_garbage_raises_user_errors_only(data: bytes) -> None:
    with contextlib.suppress(UserError):
        decode_relay_map_json(data)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
FIELDS = ["RegionID", "Nodes", "Name", "HostName", "STUNPort", "IPv4", "IPv6", "Latitude", "CertName", "x"]


@settings(max_examples=300)
@given(
    st.dictionaries(
        st.sampled_from(["900", "901", "x"]),
        json_values
        | st.dictionaries(
            st.sampled_from(FIELDS),
            json_values | st.lists(st.dictionaries(st.sampled_from(FIELDS), json_values | st.just(900)), max_size=3),
        ),
        min_size=1,
    )
)
def test_any_values_in_the_right_places_give_a_map_that_can_be_used(regions: dict[str, Any]) -> None:
    data = json.dumps({"Regions": regions}).encode("utf-8", "surrogatepass")
    try:
        reading = read_relay_map_json(data, thorough=True)
    except UserError:
        return  # lone surrogates
    for found in reading.relay_map.regions:
        assert found.nodes
        assert all(n.region_id == found.region_id and n.host_name and n.name for n in found.nodes)
    if reading.relay_map.regions:
        assert decode_relay_map_json(encode_relay_map_json(reading.relay_map))[0] == reading.relay_map


@pytest.mark.parametrize(
    "name",
    ["nan", "huge-number", "many-digits", "lone-surrogate", "not-utf8", "cut", "comment", "list", "empty", "no-regions",
     "policy"],
)  # fmt: skip
def test_a_map_that_is_none_is_one_line(name: str) -> None:
    with pytest.raises(UserError) as caught:
        decode_relay_map_json((HOSTILE / f"{name}.json").read_bytes())
    assert "\n" not in caught.value.message
    assert len(caught.value.message) < 120


@pytest.mark.parametrize("opening", [b"[", b'{"Regions":', b'{"Regions":{"900":{"Nodes":['])
def test_a_hundred_thousand_levels(opening: bytes) -> None:
    with pytest.raises(UserError, match="nested too deeply"):
        decode_relay_map_json(opening * 100_000)


def test_what_a_json_error_says() -> None:
    with pytest.raises(UserError, match="line 2, column 3: comments are not part of JSON"):
        decode_relay_map_json((HOSTILE / "comment.json").read_bytes())
    with pytest.raises(UserError) as caught:
        decode_relay_map_json((HOSTILE / "policy.json").read_bytes())
    assert "derpMap" in caught.value.hint


def test_keys_that_stand_twice_are_seen_when_asked() -> None:
    reading = read_relay_map_json((HOSTILE / "duplicate-keys.json").read_bytes(), thorough=True)
    assert [path for path, _ in reading.duplicate_keys] == [("Regions", "900")]
    assert len(reading.relay_map.regions) == 1
