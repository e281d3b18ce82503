"""What derper answered to each recorded request, our door answers too: the head and what follows it, as bytes."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest

from natscope.machines.derp.front import Front
from natscope.machines.derp.pages import Pages
from natscope.machines.derp.relay import Relay
from natscope.model.endpoint import Endpoint
from natscope.wire.keys import PrivateKey
from tests.house.tree import ROOT

RECORDED = ROOT / "fixtures" / "peers" / "derper"
NAMES = sorted(path.stem for path in RECORDED.glob("*.http"))
ONLY_OURS_OR_THEIRS = ("date", "content-length", "derp-public-key")
"""Headers whose values tell of the moment, the key, or the length of own words."""
HOME = "(HTML home page"
"""What stands in a recording in place of a page's body."""


@dataclass(frozen=True)
class Recording:
    """The request as bytes, whether it was encrypted, and the answer."""

    request: bytes
    encrypted: bool
    status: str
    headers: dict[str, str]
    body: str


def recording(name: str) -> Recording:
    """The first line is the command of curl, the rest what it printed."""
    command, _, answer = (RECORDED / f"{name}.http").read_text(errors="replace").partition("\n")
    url = re.search(r"(https?)://([^/]+)(/\S*)", command)
    assert url is not None
    given = re.findall(r"-H (.*?)(?= -H | https?://)", command)
    method = "HEAD" if " -I " in command else "POST" if "-X POST" in command else "GET"
    lines = (f"{method} {url[3]} HTTP/1.1", f"Host: {url[2]}", *given, "", "")
    status, headers, body = cut(answer)
    return Recording("\r\n".join(lines).encode(), url[1] == "https", status, headers, body)


def cut(answer: str) -> tuple[str, dict[str, str], str]:
    """The status line, headers with names in lower case, body."""
    head, _, body = answer.replace("\r\n", "\n").partition("\n\n")
    status, *lines = head.splitlines()
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return status, {n: v for n, v in headers.items() if n not in ONLY_OURS_OR_THEIRS}, body


def answered(recorded: Recording) -> bytes:
    """What our door sends to the same request."""
    front = Front(Relay(PrivateKey(bytes(range(32)))), Pages(), lambda: "Tue, 24 Nov 2026 21:36:42 GMT")
    connection = front.opened(Endpoint.parse("192.0.2.7:4000"), 0.0, encrypted=recorded.encrypted)
    assert connection is not None
    effects = front.received(connection, recorded.request, 0.0)
    return effects.raw[connection] + b"".join(piece for pieces in effects.sends.values() for piece in pieces)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "derp-fast"])
def test_recorded_answers(name: str) -> None:
    recorded = recording(name)
    status, headers, body = cut(answered(recorded).decode("latin-1"))
    assert status == recorded.status
    assert headers == recorded.headers
    if recorded.status.startswith("HTTP/1.1 101"):
        assert "(DERP" in recorded.body
        assert "(DERP" in body
    elif recorded.body.startswith(HOME):
        assert "DERP" in body
    else:
        assert body.strip() == recorded.body.strip()


def test_fast_start_is_answered_without_a_head() -> None:
    assert "HTTP/0.9" in (RECORDED / "derp-fast.http").read_text()  # curl's word for an answer without one
    assert answered(recording("derp-fast")).startswith(b"\x01\x00\x00\x00\x28DERP")


def test_there_are_recordings_of_each_kind() -> None:
    assert len(NAMES) >= 20
    assert {recording(name).encrypted for name in NAMES} == {True, False}
