"""What a request for `/derp` asks for: the plain upgrade, fast start, WebSocket, or nothing that we know.

Source: upstream derp/derpserver/handler.go and websocket.go. A WebSocket request without the sub-protocol `derp` is
plain DERP from very old clients.
"""

from __future__ import annotations

import base64
import binascii
import enum

from natscope.machines.derp.http_request import Request, Response
from natscope.wire.derp.frames import PROTOCOL_VERSION

PATH = "/derp"
SUBPROTOCOL = "derp"
WEBSOCKET_VERSION, WEBSOCKET_KEY_BYTES = "13", 16
TEXT = ("Content-Type", "text/plain; charset=utf-8")
NO_SNIFF = ("X-Content-Type-Options", "nosniff")


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
    if wanted == "websocket" and SUBPROTOCOL in request.headers.get("sec-websocket-protocol", ""):
        return Upgrade.WEBSOCKET
    return Upgrade.FAST if request.headers.get("derp-fast-start", "") == "1" else Upgrade.PLAIN


def websocket_fault(request: Request) -> Response | None:
    """The refusal of a WebSocket handshake that is wrong, None when it is right (RFC 6455 section 4.2.1)."""
    headers = request.headers
    if "upgrade" not in _listed(headers.get("connection", "").lower()):
        extra = (("Connection", "Upgrade"), ("Upgrade", "websocket"))
        return Response(426, b"a WebSocket handshake says Connection: Upgrade\n", (TEXT, NO_SNIFF, *extra))
    if headers.get("sec-websocket-version", "").strip() != WEBSOCKET_VERSION:
        told = ("Sec-WebSocket-Version", WEBSOCKET_VERSION)
        return Response(400, b"the only WebSocket version here is 13\n", (TEXT, NO_SNIFF, told))
    if not _is_key(headers.get("sec-websocket-key", "").strip()):
        return Response(400, b"Sec-WebSocket-Key is missing or wrong\n", (TEXT, NO_SNIFF))
    if SUBPROTOCOL not in _listed(headers.get("sec-websocket-protocol", "")):
        return Response(400, b"the only WebSocket sub-protocol here is derp\n", (TEXT, NO_SNIFF))
    return None


def _listed(value: str) -> set[str]:
    return {word.strip() for word in value.split(",")}


def _is_key(text: str) -> bool:
    try:
        return len(base64.b64decode(text, validate=True)) == WEBSOCKET_KEY_BYTES
    except (ValueError, binascii.Error):
        return False


def switching(server_key: bytes) -> bytes:
    """The head that answers a plain upgrade."""
    lines = (
        "HTTP/1.1 101 Switching Protocols", "Upgrade: DERP", "Connection: Upgrade", f"Derp-Version: {PROTOCOL_VERSION}",
        f"Derp-Public-Key: {server_key.hex()}", "", "",
    )  # fmt: skip
    return "\r\n".join(lines).encode()
