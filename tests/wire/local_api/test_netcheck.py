"""Upstream's netcheck as a report: recorded ones of four networks, and what its "false" does not mean."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from natscope.errors import RemoteError
from natscope.model.tri import Tri
from natscope.wire.local_api.netcheck import decode_netcheck, is_netcheck

FOLDER = Path(__file__).parents[3] / "fixtures" / "recordings" / "tailscale-netcheck"


def recorded(name: str, **fields: Any) -> bytes:
    tree = json.loads((FOLDER / f"{name}.json").read_bytes()) | fields
    return json.dumps(tree).encode()


@pytest.mark.parametrize(
    ("name", "udp", "varies", "address", "ports"),
    [
        ("public", Tri.YES, Tri.NO, "198.51.100.11", 1),
        ("nat-easy", Tri.YES, Tri.NO, "198.51.100.12", 1),
        ("nat-hard", Tri.YES, Tri.YES, "198.51.100.13", 2),
        ("noudp", Tri.NO, Tri.UNKNOWN, None, 0),
    ],
)
def test_recorded_networks(name: str, udp: Tri, varies: Tri, address: str | None, ports: int) -> None:
    report = decode_netcheck(recorded(name))
    assert (report.udp, report.nat.v4.mapping_varies) == (udp, varies)
    assert len(report.ipv4.endpoints) == ports
    assert {end.address for end in report.ipv4.endpoints} == ({address} if address else set())
    assert [relay.region_id for relay in report.relays] == [900, 901]
    assert report.started_at.startswith("2026-11-24T")
    assert not report.observations
    assert not report.findings


def test_latencies_are_of_what_answered() -> None:
    hard, blocked = decode_netcheck(recorded("nat-hard")), decode_netcheck(recorded("noudp"))
    assert hard.relays[0].latency_ms.stun_v4 == pytest.approx(0.224364)
    assert hard.relays[0].latency_ms.https is None
    assert blocked.relays[0].latency_ms.stun_v4 is None
    assert blocked.relays[0].latency_ms.https is not None


def test_silence_is_a_no_only_beside_an_answer() -> None:
    assert decode_netcheck(recorded("noudp", RegionLatency={})).udp is Tri.UNKNOWN
    easy = decode_netcheck(recorded("nat-easy"))
    assert easy.port_mapping.upnp.state is Tri.UNKNOWN  # upstream: false
    assert decode_netcheck(recorded("nat-easy", UPnP=True)).port_mapping.upnp.state is Tri.YES


def test_ipv6_absent_broken_and_working() -> None:
    assert decode_netcheck(recorded("nat-easy", OSHasIPv6=False)).ipv6.state == "absent"
    assert decode_netcheck(recorded("nat-easy", IPv6CanSend=True)).ipv6.state == "broken"
    told = decode_netcheck(recorded("nat-easy", IPv6=True, GlobalV6="[2001:db8::1]:41641"))
    assert (told.ipv6.works, told.ipv6.endpoints[0].address) == (Tri.YES, "2001:db8::1")


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"UDP": true}', b"<html>", b'{"UDP":' * 100_000])
def test_what_is_none_is_refused(data: bytes) -> None:
    with pytest.raises(RemoteError):
        decode_netcheck(data)


def test_odd_fields_cost_only_themselves() -> None:
    odd = {"RegionLatency": {"x": 1, "7": "fast", "8": -1, "9" * 30: 5, "11": 5e6}, "GlobalV4Counters": {"nonsense": 1}}
    report = decode_netcheck(recorded("nat-easy", Now="never", UDP=True, MappingVariesByDestIP="maybe", **odd))
    assert [relay.region_id for relay in report.relays] == [7, 8, 11]
    assert report.relays[0].latency_ms.stun_v4 is None
    assert report.nat.v4.mapping_varies is Tri.UNKNOWN
    assert report.started_at == "1970-01-01T00:00:00Z"


def test_a_status_is_no_netcheck() -> None:
    assert not is_netcheck({"BackendState": "Running", "Self": {}})
    assert not is_netcheck([])
