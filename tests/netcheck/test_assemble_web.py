"""Proxies and direct connections: silence of relays needs a control."""

from __future__ import annotations

from typing import Any

import pytest

from natscope.model.observation import Observation, Outcome
from natscope.model.report_web import WebReport
from natscope.model.tri import Tri
from natscope.netcheck.assemble_web import web_report
from tests.netcheck.observed import https


def settings(**data: Any) -> Observation:
    return Observation(id="s", kind="proxy.settings", probe="proxy", outcome=Outcome.ANSWERED, data=data)


def connect(outcome: Outcome, status: int | None, **fields: Any) -> Observation:
    data = {"proxy": "http://proxy.test:3128", "proxy_status": status, "step": "http"}
    return Observation(id="c", kind="proxy.connect", probe="proxy", outcome=outcome, data=data, **fields)


def report(*seen: Observation, **data: Any) -> WebReport:
    made = web_report((settings(**data), *seen), vendor=False)
    assert made is not None
    return made


def test_without_a_look_there_is_no_part() -> None:
    assert web_report((), vendor=False) is None


def test_settings_are_named_with_the_reason_why_not_followed() -> None:
    made = report(
        environment=[
            {"variable": "HTTPS_PROXY", "url": "http://p:80", "usable": True},
            {"variable": "ALL_PROXY", "url": "socks5://s:1080", "usable": False},
        ],
        system=[
            {"where": "GNOME", "kind": "pac", "url": "http://w/x.pac"},
            {"where": "KDE", "kind": "http", "url": "u"},
        ],
        portals=["https://portal/"],
    )
    assert [(p.where, p.kind, p.followed) for p in made.proxies] == [
        ("HTTPS_PROXY", "http", True),
        ("ALL_PROXY", "socks", False),
        ("GNOME", "pac", False),
        ("KDE", "http", False),
    ]
    assert all(p.reason for p in made.proxies if not p.followed)
    assert made.portal_urls == ("https://portal/",)


@pytest.mark.parametrize(
    ("seen", "proxy", "relay", "status"),
    [
        (connect(Outcome.ANSWERED, 200, rtt_ms=31.0), Tri.YES, Tri.YES, None),
        (connect(Outcome.REFUSED, 407, error="proxy-status"), Tri.NO, Tri.NO, 407),
        (connect(Outcome.NO_ANSWER, None, error="timeout"), Tri.NO, Tri.NO, None),
        (connect(Outcome.WRONG, 200, error="not-http"), Tri.YES, Tri.NO, None),
        (connect(Outcome.CANCELLED, None), Tri.UNKNOWN, Tri.UNKNOWN, None),
    ],
)
def test_what_came_through(seen: Observation, proxy: Tri, relay: Tri, status: int | None) -> None:
    made = report(seen)
    assert (made.proxy, made.relay_by_proxy, made.proxy_status) == (proxy, relay, status)


def test_direct_connections() -> None:
    assert report(https(1)).direct is Tri.YES
    silent = https(1, Outcome.NO_ANSWER)
    assert report(silent).direct is Tri.UNKNOWN
    assert report(silent, connect(Outcome.ANSWERED, 200)).direct is Tri.NO
    refused = https(1, Outcome.REFUSED, error="refused")
    assert report(refused).direct is Tri.NO
    assert report(refused, silent).direct is Tri.UNKNOWN
    assert report(https(1, Outcome.LOCAL_ERROR, error="network-unreachable")).direct is Tri.UNKNOWN
    assert report(https(1, Outcome.WRONG, error="certificate-expired")).direct is Tri.YES


def page(node: str, outcome: Outcome, **fields: Any) -> Observation:
    data = {"status": fields.pop("status", 204)} | fields.pop("data", {})
    return Observation(id=node, kind="captive.challenge", probe="x", outcome=outcome, node=node, data=data, **fields)


def test_who_answers_plain_web_requests() -> None:
    assert report().plain_intercepted is Tri.UNKNOWN
    assert report(page("a", Outcome.ANSWERED)).plain_intercepted is Tri.NO
    mute = {"error": "no-challenge-answer"}
    alone = report(page("a", Outcome.REFUSED, **mute))
    assert alone.plain_intercepted is Tri.UNKNOWN
    assert "one relay alone" in alone.reasons["plain_intercepted"]
    both = report(page("a", Outcome.REFUSED, **mute), page("b", Outcome.REFUSED, **mute))
    assert both.plain_intercepted is Tri.YES
    named = report(page("a", Outcome.REFUSED, data={"via": "1.1 squid"}, **mute))
    assert named.plain_intercepted is Tri.YES
    portal = report(page("a", Outcome.WRONG, status=302), page("b", Outcome.WRONG, status=302))
    assert portal.plain_intercepted is Tri.YES
    one_right = report(page("a", Outcome.WRONG, status=302), page("b", Outcome.ANSWERED))
    assert one_right.plain_intercepted is Tri.NO
