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


def test_every_relay_with_v() -> None:
    report = scene("relays-one-by-one")
    assert lines(web.draw, report) == []
    assert lines(web.draw, report, verbosity=1) == [
        "Relays one by one · 3 of 6 sound",
        "  ✓ 1a        IPv4  10.4 ms · TLSv1.3 · certificate for 62 days",
        "  ✓ 1a        IPv6  10.4 ms · TLSv1.3 · certificate for 62 days",
        "  ✓ 2a        IPv4  10.4 ms · TLSv1.3 · certificate for 62 days",
        "  ✗ 2a        IPv6  TCP · the connection was refused",
        "  ✗ 3a        IPv4  TLS · the port speaks plain HTTP",
        "  ✗ 4a        IPv4  TLS · reset for the relay's name",
    ]


def test_a_relay_that_does_not_upgrade_is_not_called_sound() -> None:
    assert lines(web.draw, scene("upgrade-eaten"), verbosity=1)[:3] == [
        "Relays one by one · 2 of 3 sound",
        "  ✓ 1a        IPv4  10.4 ms · TLSv1.3 · certificate for 62 days",
        "  ✗ 2a        IPv4  upgrade · HTTP 426 instead of 101",
    ]


def test_foreign_texts_are_cleaned() -> None:
    report = scene("relays-one-by-one")
    assert report.web is not None
    attack = "\x1b[31mred\r\nline"
    nodes = tuple(msgspec.structs.replace(n, message=attack, node=attack, error=attack) for n in report.web.nodes)
    hostile = msgspec.structs.replace(report.web, nodes=nodes, portal_urls=(attack,))
    drawn = lines(web.draw, msgspec.structs.replace(report, web=hostile), verbosity=1)
    assert not any("\x1b" in line or "\r" in line for line in drawn)
    assert len(drawn) == 10
