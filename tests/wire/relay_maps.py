"""Relay maps for tests: small ones by hand, any by hypothesis."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from natscope.model.relay_map import RelayMap, RelayNode, RelayRegion

FIXTURES = Path(__file__).parents[2] / "fixtures"
HOSTILE = FIXTURES / "hostile" / "maps"
PIN = "sha256-raw:" + "0f" * 32


def node(region_id: int = 900, name: str = "", **fields: Any) -> dict[str, Any]:
    name = name or f"{region_id}a"
    return {"Name": name, "RegionID": region_id, "HostName": f"r{name}.example.net", **fields}


def region(region_id: int = 900, *nodes: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {
        "RegionID": region_id,
        "RegionCode": f"r{region_id}",
        "RegionName": f"Region {region_id}",
        "Nodes": list(nodes) or [node(region_id)],
        **fields,
    }


def written(*regions: dict[str, Any], **fields: Any) -> bytes:
    """A map as JSON text."""
    return json.dumps({"Regions": {str(r["RegionID"]): r for r in regions}, **fields}).encode()


hosts = st.from_regex(r"[a-z0-9]{1,10}(\.[a-z0-9]{1,10}){0,3}", fullmatch=True)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
ids = st.integers(1, 2**53 - 1)


@st.composite
def relay_maps(draw: st.DrawFn) -> RelayMap:
    """Maps without problems."""
    region_ids = sorted(draw(st.sets(ids, min_size=1, max_size=4)))
    unused = iter(draw(st.lists(names, unique=True, min_size=12, max_size=12)))
    regions = []
    for region_id in region_ids:
        nodes = [draw(nodes_of(region_id, next(unused))) for _ in range(draw(st.integers(1, 3)))]
        regions.append(
            RelayRegion(
                region_id=region_id,
                region_code=draw(texts),
                region_name=draw(texts),
                nodes=tuple(nodes),
                latitude=draw(st.floats(-90, 90)),
                longitude=draw(st.floats(-180, 180)),
                avoid=draw(st.booleans()),
                no_measure_no_home=draw(st.booleans()),
            )
        )
    return RelayMap(
        regions=tuple(regions),
        region_scores=draw(st.dictionaries(ids, st.floats(0.01, 100), max_size=3)),
        omit_default_regions=draw(st.booleans()),
    )


@st.composite
def nodes_of(draw: st.DrawFn, region_id: int, name: str) -> RelayNode:
    return RelayNode(
        name=name,
        region_id=region_id,
        host_name=draw(hosts),
        cert_name=draw(st.sampled_from(["", "other.example", PIN])),
        ipv4=draw(st.one_of(st.just(""), st.ip_addresses(v=4).map(str))),
        ipv6=draw(st.one_of(st.just(""), st.just("none"), st.ip_addresses(v=6).map(str))),
        stun_port=draw(st.integers(-1, 65535)),
        stun_only=draw(st.booleans()),
        derp_port=draw(st.integers(0, 65535)),
        insecure_for_tests=draw(st.booleans()),
        stun_test_ip=draw(st.one_of(st.just(""), st.ip_addresses(v=4).map(str))),
        can_port80=draw(st.booleans()),
    )
