"""Which upgrade a request asks for."""

from __future__ import annotations

import pytest

from natscope.machines.derp.http_request import Request
from natscope.machines.derp.upgrade import Upgrade, switching, upgrade_of
from tests.wire.derp.vectors import VECTORS, key

CASES: list[tuple[dict[str, str], Upgrade]] = [
    ({"upgrade": "DERP"}, Upgrade.PLAIN),
    ({"upgrade": "derp", "derp-fast-start": "1"}, Upgrade.FAST),
    ({"upgrade": "websocket", "sec-websocket-protocol": "x, derp"}, Upgrade.WEBSOCKET),
    ({"upgrade": "WebSocket"}, Upgrade.PLAIN),
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
