"""Which columns there are, and that no cell is ever blank."""

from __future__ import annotations

import msgspec
import pytest

from natscope.model.report import RelayError, RelayLatency, Report
from natscope_reports._text.latency_columns import choose, fallback, reached
from tests.reports.drawing import scene
from tests.reports.scenes import names


def titles(report: Report, wide: bool = False) -> list[str]:
    return [column.title for column in choose(report, wide)]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("healthy", ["IPv4", "IPv6"]),
        ("mapping-varies", ["IPv4"]),
        ("ipv6-only", ["IPv6"]),
        ("udp-blocked", ["HTTPS"]),
        ("wrong-certificate", ["IPv4", "HTTPS"]),
        ("stun-closed", ["IPv4"]),
        ("no-network", []),
    ],
)
def test_only_what_was_measured_has_a_column(name: str, expected: list[str]) -> None:
    assert titles(scene(name)) == expected


def test_wide_pages_get_jitter_and_loss() -> None:
    assert titles(scene("healthy"), wide=True) == ["IPv4", "IPv6", "jitter", "lost"]
    assert titles(scene("udp-blocked"), wide=True) == ["HTTPS"]


@pytest.mark.parametrize("name", names())
def test_no_cell_is_blank(name: str) -> None:
    report = scene(name)
    for column in choose(report, wide=True):
        for relay in report.relays[:30]:
            cell, faint = column.cell(report, relay)
            assert cell.strip()
            assert len(cell) <= 10
            assert faint or cell[0].isdigit() or cell in ("cert wrong", "refused", "cut off", "no answer")


@pytest.mark.parametrize(
    ("code", "cell"), [("certificate", "cert wrong"), ("https-timeout", "no answer"), ("http-status", "refused")]
)
def test_why_https_failed(code: str, cell: str) -> None:
    report = scene("wrong-certificate")
    relay = msgspec.structs.replace(
        report.relays[-1], latency_ms=msgspec.structs.replace(report.relays[-1].latency_ms, https=None),
        error=RelayError(code=code, message=""),
    )  # fmt: skip
    https = next(column for column in choose(report, False) if column.title == "HTTPS")
    assert https.cell(report, relay)[0] == cell


def test_a_name_that_is_filtered_is_cut_off() -> None:
    report = scene("relays-one-by-one")
    assert report.web is not None
    (filtered,) = (node for node in report.web.nodes if node.error == "name-filtered")
    relay = next(relay for relay in report.relays if relay.region_id == filtered.region_id)
    assert relay.latency_ms.https is None
    https = next(column for column in choose(scene("wrong-certificate"), False) if column.title == "HTTPS")
    assert https.cell(report, relay)[0] == "cut off"


def test_reached_prefers_udp() -> None:
    relay = scene("wrong-certificate").relays[0]
    assert reached(relay) == relay.latency_ms.stun_v4
    pinged = msgspec.structs.replace(relay, latency_ms=RelayLatency(icmp=1.0))
    assert reached(pinged) is None, "a ping is answered by the host, not by the relay"
    closed = scene("stun-closed").relays[-1]
    assert reached(closed) == 186.2
    assert fallback(closed, choose(scene("stun-closed"), False)) == "HTTPS 186.2 ms"
    assert fallback(relay, ()) == ""
