"""NS-PERF-01: a black hole, or a way too narrow for WireGuard's packets, with the arithmetic."""

from __future__ import annotations

from typing import Any

import msgspec

from natscope.model.finding import Certainty
from natscope.model.report import Report
from natscope.model.tri import Tri
from tests.diagnosis.judging import claim, found, scene

ID = "NS-PERF-01"


def with_path(**changes: Any) -> Report:
    report = scene("mtu-black-hole")
    path = msgspec.structs.replace(report.path, v4=msgspec.structs.replace(report.path.v4, **changes))
    return msgspec.structs.replace(report, path=path)


def test_a_black_hole_is_certain_and_counted() -> None:
    finding = found(scene("mtu-black-hole"))[ID]
    assert finding.certainty is Certainty.CERTAIN
    assert finding.detail == (
        "Over IPv4 1280 bytes arrive, longer ones vanish: a VPN interface may have an MTU of 1220. "
        "Below 1280 it carries no IPv6 inside."
    )
    assert finding.fixes[0].do == "Set the MTU of your VPN's interface to 1220."


def test_a_router_that_tells_is_no_black_hole_but_the_way_is_narrow_all_the_same() -> None:
    finding = found(with_path(black_hole=Tri.NO, mtu_told=1300, mtu=1300, mtu_exact=True))[ID]
    assert finding.title == "The way is too narrow for WireGuard's usual packets."
    assert finding.detail.endswith("an MTU of 1240. Below 1280 it carries no IPv6 inside. A router says 1300.")


def test_nothing_that_arrived_has_no_number() -> None:
    finding = found(with_path(mtu=None))[ID]
    assert finding.detail == "No longer packet arrived over IPv4."
    assert "less 60 bytes (IPv4)" in finding.fixes[0].do


def test_a_wide_way_or_not_knowing_is_no_claim() -> None:
    assert claim(with_path(black_hole=Tri.NO, wireguard=Tri.YES), ID) is None
    assert claim(with_path(black_hole=Tri.UNKNOWN, wireguard=Tri.UNKNOWN), ID) is None
