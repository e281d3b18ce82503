"""Each warning of the linter, in a map that has it and in one that has not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from natscope.model.relay_map import MapProblem, RelayMap
from natscope.wire.relay_map_form import read_relay_map
from natscope.wire.relay_map_json import encode_relay_map_json
from natscope.wire.relay_map_lint import lint
from tests.wire.relay_maps import FIXTURES, HOSTILE, PIN, node, region, relay_maps, written


def problems_of(data: bytes) -> tuple[MapProblem, ...]:
    return lint(read_relay_map(data, thorough=True))


def codes(*regions: dict[str, Any], **fields: Any) -> list[str]:
    return [problem.code for problem in problems_of(written(*regions, **fields))]


SECOND = region(999)


def test_a_good_map_has_none() -> None:
    assert problems_of((FIXTURES / "maps" / "localapi-derpmap.json").read_bytes()) == ()
    assert codes(region(900, node(CertName=PIN, STUNPort=-1), node(900, "b")), SECOND) == []


@pytest.mark.parametrize(
    ("first", "code", "place"),
    [
        (region(900, node(InsecureForTests=True)), "insecure-for-tests", "Nodes[0].InsecureForTests"),
        (region(900, node(STUNTestIP="192.0.2.9")), "stun-test-ip", "Nodes[0].STUNTestIP"),
        (region(900, node(CanPort80=True)), "can-port80-without-ipv4", "Nodes[0].CanPort80"),
        (region(900, node(IPv4="10.0.0.1")), "address-not-public", "Nodes[0].IPv4"),
        (region(900, node(IPv4="127.0.0.1")), "address-not-public", "Nodes[0].IPv4"),
        (region(900, node(IPv4="100.64.0.1")), "address-not-public", "Nodes[0].IPv4"),
        (region(900, node(IPv4="0.0.0.0")), "address-not-public", "Nodes[0].IPv4"),
        (region(900, node(IPv6="fd00::1")), "address-not-public", "Nodes[0].IPv6"),
        (region(900, node(IPv6="fe80::1")), "address-not-public", "Nodes[0].IPv6"),
        (region(900, node(IPv6="::ffff:192.0.2.1")), "address-not-public", "Nodes[0].IPv6"),
        (region(900, Avoid=True), "avoid-deprecated", "Avoid"),
        (region(900, RegionCode="r999"), "duplicate-region-code", ""),
        (region(900, RegionCode=""), "region-code-missing", ""),
        (region(900, RegionName=""), "region-name-missing", ""),
        (region(900, node(STUNOnly=True)), "region-without-relay", ""),
        (region(900, node(STUNPort=-1), node(900, "b", STUNPort=-5)), "region-without-stun", ""),
        (region(7, node(7, "seven")), "region-id-not-reserved", ""),
    ],
)
def test_a_warning(first: dict[str, Any], code: str, place: str) -> None:
    (problem,) = problems_of(written(first, SECOND))
    assert (problem.severity, problem.code) == ("warning", code)
    if place:
        assert problem.place.endswith(place)
        assert problem.region_id == first["RegionID"]
    assert problem.line == 1


def test_two_regions_on_one_relay() -> None:
    (problem,) = problems_of(written(region(900, node(HostName="R999a.example.net.")), SECOND))
    assert (problem.code, problem.place) == ("same-relay-twice", "$.Regions.999.Nodes[0].HostName")
    assert codes(region(900, node(HostName="r999a.example.net", DERPPort=8443)), SECOND) == []


def test_a_single_region() -> None:
    assert codes(region()) == ["single-region"]
    broken = {"Regions": {"900": region(), "901": {}}}
    assert "single-region" not in [p.code for p in problems_of(json.dumps(broken).encode())]


def test_no_region_may_be_home() -> None:
    away = {"NoMeasureNoHome": True}
    assert codes(region(900, **away), region(901, **away)) == ["no-home-possible"]
    assert codes(region(900, node(STUNPort=-1), **away), SECOND) == []


def test_port_80_with_an_address_is_fine() -> None:
    assert codes(region(900, node(CanPort80=True, IPv4="192.0.2.1")), SECOND) == []


def test_the_vendors_regions_and_maps_of_ones_own_may_have_any_number() -> None:
    vendor = region(1, node(1, "1a", HostName="derp1a.tailscale.com"))
    assert codes(vendor, SECOND) == []
    assert codes(region(1), region(2), omitDefaultRegions=True) == []


def test_scores() -> None:
    scores = {"900": 0, "905": 2, "999": 0.5}
    assert codes(region(), SECOND, HomeParams={"RegionScore": scores}) == ["score-ignored", "score-without-region"]


def test_keys_that_stand_twice() -> None:
    problems = problems_of((HOSTILE / "duplicate-keys.json").read_bytes())
    assert [(p.code, p.line) for p in problems if p.code == "duplicate-key"] == [("duplicate-key", 2)]


def test_camel_case_in_yaml_is_not_read_by_headscale() -> None:
    text = (FIXTURES / "maps" / "headscale-form.yaml").read_text().replace("hostname:", "HostName:")
    problems = problems_of(text.encode())
    assert [(p.code, p.line, p.fix) for p in problems if p.code != "single-region"] == [
        ("yaml-name-case", 10, "hostname: ")
    ]


def test_errors_of_the_reader_stand_among_the_warnings_in_the_order_of_lines() -> None:
    problems = problems_of((FIXTURES / "maps" / "derp-broken.yaml").read_bytes())
    assert [p.line for p in problems] == sorted(p.line for p in problems)
    assert {p.severity for p in problems} == {"error", "warning"}


def test_places_are_those_of_the_file_although_parts_were_left_out() -> None:
    problems = problems_of(written(region(900, {}, node(InsecureForTests=True)), SECOND))
    assert "$.Regions.900.Nodes[1].InsecureForTests" in [p.place for p in problems]


@given(relay_maps())
def test_any_map_can_be_linted(relay_map: RelayMap) -> None:
    problems = problems_of(encode_relay_map_json(relay_map))
    assert {p.severity for p in problems} <= {"warning"}
    assert all(p.line and p.column for p in problems)
