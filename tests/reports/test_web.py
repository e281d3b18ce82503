"""Proxies and relays one by one in the text."""

from __future__ import annotations

import msgspec

from natscope.model.report_web import WebReport
from natscope_reports._text import web
from tests.reports.drawing import lines, scene


def test_a_healthy_report_says_nothing() -> None:
    assert lines(web.draw, scene("healthy", web=None)) == []
    assert lines(web.draw, scene("healthy", web=WebReport())) == []


def test_proxies_are_named_with_what_came_of_them() -> None:
    assert lines(web.draw, scene("proxy-only")) == [
        "Proxies",
        "  http     http://192.168.1.2:3128  HTTPS_PROXY: a relay answers behind it in",
        "                                    31.5 ms",
        "  pac      http://wpad.test/x.pac   GNOME",
    ]
    assert "it refuses (HTTP 407)" in " ".join(lines(web.draw, scene("proxy-password")))


def test_an_announced_login_page_is_named() -> None:
    report = scene("healthy", web=WebReport(portal_urls=("https://portal.example/start",)))
    drawn = lines(web.draw, report)
    assert drawn[1].startswith("  login    https://portal.example/start")
    assert drawn[2].strip() == "announced by the network, not opened"


def test_what_is_wrong_with_relays_and_the_rest_with_v() -> None:
    report = scene("relays-one-by-one")
    short = lines(web.draw, report)
    assert short[0] == "Relays one by one · 3 of 6 sound"
    assert short[1] == "  ✗ 2a        IPv6  TCP · the connection was refused"
    assert len(short) == 4
    long = lines(web.draw, report, verbosity=1)
    assert len(long) == 7
    assert long[1] == "  ✓ 1a        IPv4  10.4 ms · TLSv1.3 · certificate for 62 days"


def test_many_are_folded() -> None:
    report = scene("relays-one-by-one")
    assert report.web is not None
    bad = [node for node in report.web.nodes if node.failed_at is not None] * 3
    many = msgspec.structs.replace(report, web=msgspec.structs.replace(report.web, nodes=tuple(bad)))
    assert lines(web.draw, many)[-1] == "  4 more (-v shows them)"
