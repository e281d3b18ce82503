"""Which upgrade a request asks for."""

from __future__ import annotations

import pytest

from natscope.machines.derp.http_request import Request
from natscope.machines.derp.upgrade import Upgrade, switching, upgrade_of, websocket_fault
from tests.wire.derp.vectors import VECTORS, key

CASES: list[tuple[dict[str, str], Upgrade]] = [
    ({"upgrade": "DERP"}, Upgrade.PLAIN),
    ({"upgrade": "derp", "derp-fast-start": "1"}, Upgrade.FAST),
    ({"upgrade": "websocket", "sec-websocket-protocol": "x, derp"}, Upgrade.WEBSOCKET),
    ({"upgrade": "websocket", "sec-websocket-protocol": "derpx"}, Upgrade.WEBSOCKET),
    ({"upgrade": "WebSocket"}, Upgrade.PLAIN),
    ({"upgrade": "derp, websocket"}, Upgrade.NONE),
    ({"upgrade": "h2c"}, Upgrade.NONE),
    ({}, Upgrade.NONE),
]


@pytest.mark.parametrize(("headers", "wanted"), CASES)
def test_upgrades(headers: dict[str, str], wanted: Upgrade) -> None:
    assert upgrade_of(Request("GET", "/derp", headers, True)) is wanted
    assert upgrade_of(Request("GET", "/derp?x", headers, True)) is wanted
    assert upgrade_of(Request("POST", "/derp", headers, True)) is Upgrade.NONE
    assert upgrade_of(Request("GET", "/", headers, True)) is Upgrade.NONE


def test_the_known_answer() -> None:
    assert switching(key("server_public")).decode() == VECTORS["http"]["upgrade_response_101"]


RIGHT = {
    "connection": "keep-alive, Upgrade", "upgrade": "websocket", "sec-websocket-version": "13",
    "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==", "sec-websocket-protocol": "x, derp",
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value", "status"),
    [
        ("connection", "", 426),
        ("connection", "close", 426),
        ("sec-websocket-version", "", 400),
        ("sec-websocket-version", "12", 400),
        ("sec-websocket-key", "", 400),
        ("sec-websocket-key", "AAAA", 400),
        ("sec-websocket-key", "\u00ff" * 24, 400),
        ("sec-websocket-protocol", "derpx", 400),
    ],
)
def test_wrong_websocket_handshakes_are_refused(name: str, value: str, status: int) -> None:
    assert websocket_fault(Request("GET", "/derp", RIGHT, True)) is None
    fault = websocket_fault(Request("GET", "/derp", RIGHT | {name: value}, True))
    assert fault is not None
    assert fault.status == status
    assert ("Sec-WebSocket-Version", "13") in fault.headers or name != "sec-websocket-version"
