"""Answers to plain HTTP requests: status, headers and form of upstream's, as recorded."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from natscope.machines.derp.http_request import Request, Response
from natscope.machines.derp.pages import Pages
from tests.house.tree import ROOT

RECORDED = ROOT / "fixtures" / "peers" / "derper"
UPGRADES = ("derp-upgrade-head", "derp-websocket", "derp-fast")
ANSWERS = sorted(path.stem for path in RECORDED.glob("*.http") if path.stem not in UPGRADES)
ADDED = ("date", "content-length", "connection")
"""Headers that the connection adds, or that tell of the moment."""
OWN_BODY = ("https-root", "nope")
"""Pages for people: our own words."""


def recorded(name: str) -> tuple[Request, int, dict[str, str], str]:
    """The request of a recording's first line, and the answer: status, headers, body."""
    command, _, answer = (RECORDED / f"{name}.http").read_text(errors="replace").partition("\n")
    words = shlex.split(command.removeprefix("$ ").replace("-H Connection: Upgrade", "").replace("-H Upgrade: foo", ""))
    url = re.search(r"(https?)://([^/]+)(/\S*)", command)
    assert url is not None
    method = "HEAD" if "-I" in words or "--head" in words else "POST" if "POST" in words else "GET"
    headers = {"host": url[2]}
    challenge = re.search(r"X-Tailscale-Challenge: (.*?) http", command)
    if challenge:
        headers["x-tailscale-challenge"] = challenge[1]
    if "foo" in command:
        headers["upgrade"] = "foo"
    head, _, body = answer.partition("\n\n")
    status, *lines = head.splitlines()
    told = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return Request(method, url[3], headers, url[1] == "https"), int(status.split()[1]), told, body


@pytest.mark.parametrize("name", ANSWERS)
def test_recorded_answers(name: str) -> None:
    request, status, headers, body = recorded(name)
    answer = Pages().respond(request)
    assert answer.status == status
    told = {name.lower(): value for name, value in answer.headers}
    wanted = {name: value for name, value in headers.items() if name not in ADDED}
    assert told == wanted
    assert answer.close is (headers.get("connection") == "close")
    if name not in OWN_BODY and request.method != "HEAD":
        assert answer.body.decode().strip() == body.strip()


def ask(pages: Pages, target: str, *, method: str = "GET", encrypted: bool = True) -> Response:
    return pages.respond(Request(method, target, {"host": "relay.test:80"}, encrypted))


def test_names_for_clients_without_dns() -> None:
    pages = Pages(names={"b.test": ["192.0.2.2"], "a.test": ["192.0.2.1", "2001:db8::1"]})
    listed = {"a.test": ["192.0.2.1", "2001:db8::1"], "b.test": ["192.0.2.2"]}
    assert json.loads(ask(pages, "/bootstrap-dns").body) == listed
    assert json.loads(ask(pages, "/bootstrap-dns?q=b.test").body) == listed
    pages.unlisted["c.test"] = ["192.0.2.3"]
    assert json.loads(ask(pages, "/bootstrap-dns?q=c.test").body) == {"c.test": ["192.0.2.3"]}
    assert json.loads(ask(pages, "/bootstrap-dns").body) == listed


def test_the_home_page_may_be_blank_or_elsewhere() -> None:
    assert ask(Pages(home="blank"), "/").body == b""
    answer = ask(Pages(home="https://example.test/"), "/")
    assert (answer.status, dict(answer.headers)["Location"]) == (302, "https://example.test/")
    assert b"DERP relay" in ask(Pages(), "/").body


def test_health_follows_the_relay() -> None:
    assert ask(Pages(), "/healthz").status == 200
    assert ask(Pages(ready=False), "/healthz").status == 503


def test_the_plain_port_serves_certificate_challenges_and_sends_the_rest_on() -> None:
    pages = Pages(challenges={"token": "token.thumb"})
    assert ask(pages, "/.well-known/acme-challenge/token", encrypted=False).body == b"token.thumb"
    assert ask(pages, "/.well-known/acme-challenge/other", encrypted=False).status == 302
    assert ask(pages, '/"<x>', encrypted=False).body == b'<a href="https://relay.test/&quot;&lt;x&gt;">Found</a>.\n\n'
    assert ask(pages, "/derp", method="POST", encrypted=False).status == 400


def test_behind_a_proxy_plain_requests_get_the_relays_own_pages() -> None:
    assert ask(Pages(behind_proxy=True), "/derp/probe", encrypted=False).status == 200


def test_without_the_relay_there_is_none() -> None:
    assert ask(Pages(is_relay=False), "/derp").status == 404
    assert not Pages(is_relay=False).is_relay_for(Request("GET", "/derp", {}, True))


def test_the_plain_port_beside_an_encrypted_one_relays_nothing() -> None:
    plain, encrypted = Request("GET", "/derp", {}, False), Request("GET", "/derp", {}, True)
    assert not Pages().is_relay_for(plain)
    assert Pages().is_relay_for(encrypted)
    assert Pages(behind_proxy=True).is_relay_for(plain)


def test_connect_and_debug_are_refused_by_name() -> None:
    assert ask(Pages(), "example.test:443", method="CONNECT").body == b"CONNECT not enabled\n"
    for target, encrypted in (("/debug", True), ("/debug/vars", True), ("/debug/vars", False)):
        assert ask(Pages(), target, encrypted=encrypted).body == b"debug access denied\n"
    assert ask(Pages(), "/debugger").status == 200
    assert ask(Pages(), "/generate_204", method="CONNECT", encrypted=False).status == 400


def test_the_recordings_are_there() -> None:
    assert len(ANSWERS) >= 15
    assert isinstance(RECORDED, Path)


@pytest.mark.parametrize(
    ("host", "target", "place"),
    [
        ("relay.test:80", "/a?b", "https://relay.test/a?b"),
        ("[2001:db8::1]:80", "/", "https://[2001:db8::1]/"),
        ("relay.test", "@evil.test/", ""),
        ("relay.test", "http://evil.test/", ""),
        ("relay.test/evil", "/", ""),
        ("relay.test@evil.test", "/", ""),
        ("r\xe9lay", "/", ""),
        ("", "/", ""),
    ],
)
def test_the_plain_port_leads_to_its_own_name_and_nowhere_else(host: str, target: str, place: str) -> None:
    response = Pages().respond(Request("GET", target, {"host": host}, encrypted=False))
    assert (response.status, dict(response.headers).get("Location", "")) == (302 if place else 400, place)
