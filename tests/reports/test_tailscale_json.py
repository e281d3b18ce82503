"""The same bytes as a real `tailscale netcheck --format=json` for the same measurements, but for the time."""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec
import pytest

from natscope.model.observation import Outcome
from natscope.model.report import FamilyReport, MappingServiceReport, PortMappingReport, Report
from natscope.model.tri import Tri
from natscope.plugins.report_format import RenderOptions
from natscope_reports.tailscale_json import ZERO_TIME, fields, render
from tests.reports.builder import Builder
from tests.reports.drawing import scene
from tests.reports.scenes import ROOT, names

RECORDED = ROOT / "fixtures" / "recordings" / "tailscale-netcheck"
OFF = MappingServiceReport(state=Tri.NO)
NO_SERVICES = PortMappingReport(upnp=OFF, nat_pmp=OFF, pcp=OFF)
NO_SIX = FamilyReport(os_support=Tri.YES, works=Tri.NO, state="absent")


def recorded(name: str) -> str:
    return (RECORDED / f"{name}.json").read_text(encoding="utf-8")


def measured(near: tuple[float, str], far: tuple[float, str], local: str) -> Report:
    """Two relays answered over UDP, once each, in this order of arrival."""
    builder = Builder(local={4: local, 6: "[2001:db8::1]:1"})
    for (region, code), (rtt, mapped) in zip(((900, "near"), (901, "far")), (near, far), strict=True):
        builder.relay(region, code, f"{code.title()} Lab", v4=rtt, mapped=mapped, samples=1)
    return builder.report(udp=Tri.YES, ipv6=NO_SIX, port_mapping=NO_SERVICES)


def blocked() -> Report:
    builder = Builder()
    builder.relay(900, "near", "Near Lab", icmp=0.051467)
    builder.relay(901, "far", "Far Lab", icmp=0.405222)
    four = FamilyReport(os_support=Tri.YES, works=Tri.YES, state="works")
    return builder.report(udp=Tri.NO, ipv4=four, ipv6=NO_SIX, captive_portal=Tri.NO, port_mapping=NO_SERVICES)


PUBLIC, EASY = "198.51.100.11:48233", "198.51.100.12:54358"
CASES = {
    "public": measured((0.251003, PUBLIC), (0.224318, PUBLIC), PUBLIC),
    "nat-easy": measured((0.144945, EASY), (0.167769, EASY), "192.168.12.2:54358"),
    "nat-hard": measured((0.224364, "198.51.100.13:22351"), (0.168966, "198.51.100.13:63646"), "192.168.13.2:1"),
    "noudp": blocked(),
}


@pytest.mark.parametrize("name", CASES)
def test_the_same_bytes_but_for_the_time(name: str) -> None:
    def timeless(text: str) -> str:
        return re.sub(r'"Now": "[^"]*"', '"Now": ""', text)

    assert timeless(render(CASES[name], RenderOptions())) == timeless(recorded(name))


@pytest.mark.parametrize("name", names())
def test_keys_order_and_types_are_upstreams(name: str) -> None:
    ours, theirs = fields(scene(name)), json.loads(recorded("public"))
    assert list(ours) == list(theirs)
    for key, value in ours.items():
        optional = key in ("MappingVariesByDestIP", "UPnP", "PMP", "PCP", "CaptivePortal") or "Counters" in key
        assert isinstance(value, dict if "Counters" in key else bool if optional else type(theirs[key])) or (
            optional and value is None
        )


def test_now_is_the_end_of_the_run_in_utc_without_trailing_zeros() -> None:
    def now(started_at: str, duration_ms: float = 0.0) -> object:
        return fields(scene("healthy", started_at=started_at, duration_ms=duration_ms))["Now"]

    assert now("2026-11-24T12:00:00.100000+01:00", 1400.0) == "2026-11-24T11:00:01.5Z"
    assert now("2026-11-24T12:00:00Z") == "2026-11-24T12:00:00Z"
    assert now("yesterday") == ZERO_TIME
    assert now("2026-11-24T12:00:00Z", 1e300) == ZERO_TIME


def test_regions_are_sorted_as_text() -> None:
    regions = fields(scene("many-regions"))["RegionLatency"]
    assert isinstance(regions, dict)
    assert list(regions)[:4] == ["1", "10", "100", "101"]


def test_the_first_ipv4_and_the_last_ipv6_endpoint_count() -> None:
    report = scene("healthy")
    told: dict[int, list[str]] = {4: [], 6: []}

    def move(o: Any) -> Any:
        if o.kind != "stun.binding" or o.outcome is not Outcome.ANSWERED:
            return o
        family = o.family
        told[family].append(o.id)
        address = "203.0.113.{}:7" if family == 4 else "[2001:db8::{}]:7"
        return msgspec.structs.replace(o, data={"mapped": address.format(len(told[family]))})

    observations = tuple(sorted(map(move, report.observations), key=lambda o: -(o.received_ms or 0.0)))
    result = fields(msgspec.structs.replace(report, observations=observations))
    by_time = sorted((o for o in observations if o.received_ms is not None), key=lambda o: o.received_ms or 0.0)
    assert result["GlobalV4"] == next(o for o in by_time if o.family == 4).data["mapped"]
    assert result["GlobalV6"] == [o for o in by_time if o.family == 6][-1].data["mapped"]


def test_https_counts_only_where_upstream_would_have_asked() -> None:
    assert "8" not in dict(fields(scene("stun-closed"))["RegionLatency"])  # type: ignore[call-overload]
    assert dict(fields(scene("udp-blocked"))["RegionLatency"])["2"] == 38_200_000  # type: ignore[call-overload]


def test_endpoints_are_enough_where_observations_are_missing() -> None:
    result = fields(scene("healthy", observations=()))
    assert result["GlobalV4Counters"] == {"203.0.113.24:41641": 9}
    assert result["GlobalV6"] == "[2001:db8:42::1c9e]:41641"
    assert result["IPv4CanSend"] is False


@pytest.mark.parametrize(
    ("protocol", "outcome", "wanted"),
    [
        ("upnp", Outcome.ANSWERED, True),
        ("upnp", Outcome.WRONG, True),  # it was heard; upstream looks no further
        ("upnp", Outcome.NO_ANSWER, False),
        ("nat-pmp", Outcome.ANSWERED, True),
        ("nat-pmp", Outcome.REFUSED, False),
        ("pcp", Outcome.REFUSED, False),
        ("pcp", Outcome.ICMP_ERROR, False),
        ("pcp", Outcome.WRONG, False),
    ],
)
def test_port_mapping_services_as_upstream_calls_them(protocol: str, outcome: Outcome, wanted: bool) -> None:
    builder = Builder()
    builder.observe("portmap.service", outcome, target="192.168.1.1", data={"protocol": protocol})
    keys = {"upnp": "UPnP", "nat-pmp": "PMP", "pcp": "PCP"}
    found = fields(builder.report(udp=Tri.YES))
    assert found.pop(keys.pop(protocol)) is wanted
    assert [found[key] for key in keys.values()] == [None, None]  # nobody asked
