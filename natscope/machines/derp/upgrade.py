"""What a request for `/derp` asks for: the plain upgrade, fast start, WebSocket, or nothing that we know.

Source: upstream derp/derpserver/handler.go and websocket.go. A WebSocket request without the sub-protocol `derp` is
plain DERP from very old clients.
"""

from __future__ import annotations

import enum

from natscope.machines.derp.http_request import Request
from natscope.wire.derp.frames import PROTOCOL_VERSION

PATH = "/derp"
SUBPROTOCOL = "derp"


class Upgrade(enum.Enum):
    """How the connection goes on."""

    NONE = "none"
    PLAIN = "plain"
    FAST = "fast start"
    """No answer at all: the first bytes back are the ServerKey frame."""
    WEBSOCKET = "websocket"


def upgrade_of(request: Request) -> Upgrade:
    """What is asked for."""
    wanted = request.headers.get("upgrade", "").strip().lower()
    if request.method != "GET" or request.path != PATH or wanted not in ("derp", "websocket"):
        return Upgrade.NONE
    if wanted == "websocket":
        offered = {name.strip() for name in request.headers.get("sec-websocket-protocol", "").split(",")}
        if SUBPROTOCOL in offered:
            return Upgrade.WEBSOCKET
    return Upgrade.FAST if request.headers.get("derp-fast-start", "") == "1" else Upgrade.PLAIN


def switching(server_key: bytes) -> bytes:
    """The head that answers a plain upgrade."""
    lines = (
        "HTTP/1.1 101 Switching Protocols", "Upgrade: DERP", "Connection: Upgrade", f"Derp-Version: {PROTOCOL_VERSION}",
        f"Derp-Public-Key: {server_key.hex()}", "", "",
    )  # fmt: skip
    return "\r\n".join(lines).encode()
