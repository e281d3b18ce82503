"""From a new connection to one that is let in: ClientInfo, the decision, ServerInfo.

A client does not wait for ServerInfo, so what follows ClientInfo is kept until somebody has decided. Source: upstream
derp/derpserver/derpserver.go (accept, recvClientKey, verifyClient).
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

import msgspec

from natscope.errors import RemoteError
from natscope.machines.derp.client import Client, State
from natscope.wire.derp.frames import HEADER, HEADER_BYTES, MAX_CLIENT_INFO_BYTES, FrameType, Sealed, encode
from natscope.wire.derp.hello import ClientInfo, ServerInfo, open_client_info, seal_server_info
from natscope.wire.derp.parsing import decode

if TYPE_CHECKING:
    from natscope.machines.derp.effects import Effects
    from natscope.machines.derp.relay import Relay
    from natscope.machines.derp.settings import RelaySettings

MAX_HELD_BYTES = 256 * 1024
"""What a client may send before it is let in, behind its ClientInfo."""
MAX_WAITING_BYTES, FEW_BYTES = 32 * 1024 * 1024, 8 * 1024
"""What all who are not let in yet may send together. Beyond, only greetings of the usual size are taken."""
MAX_APP_NAME = 100
HELD = "held"


def handle(relay: Relay, client: Client, data: bytes, effects: Effects) -> None:
    """Read ClientInfo once it is complete. Raises `RemoteError`."""
    _keep(relay, client, data)
    held = client.held
    if len(held) < HEADER_BYTES:
        return
    kind, length = HEADER.unpack_from(held)
    if kind != FrameType.CLIENT_INFO or length > MAX_CLIENT_INFO_BYTES:
        raise RemoteError(f"the first frame is of type {kind} with {length} bytes", field="type")
    end = HEADER_BYTES + length
    if len(held) < end:
        return
    frame = decode(kind, bytes(held[HEADER_BYTES:end]))
    assert isinstance(frame, Sealed)
    client.info = _short(open_client_info(frame, relay.private))
    client.key = frame.key
    client.is_mesh = has_mesh_key(client.info, relay.settings)
    client.state = State.ADMISSION
    relay.waiting_bytes -= len(held)
    client.held = bytearray()
    hold(relay, client, bytes(held[end:]))
    effects.admit = client


def hold(relay: Relay, client: Client, data: bytes) -> None:
    """Keep what came before the decision. Raises `RemoteError` when it is too much."""
    if len(client.held) + len(data) > MAX_HELD_BYTES:
        raise RemoteError("too many bytes before the client was let in", field=HELD)
    _keep(relay, client, data)


def let_in(relay: Relay, client: Client, nonce: bytes, effects: Effects) -> bytes:
    """Open the connection: ServerInfo leaves; gives what the client sent meanwhile.

    A rate limit is not told, as upstream does not: a client that knows one drops what is beyond, and would go on to do
    so after the limit was lifted.
    """
    settings = relay.settings
    client.write_limit_s = settings.mesh_write_limit_s if client.is_mesh else settings.write_limit_s
    client.state = State.OPEN
    held, client.held = bytes(client.held), bytearray()
    relay.waiting_bytes -= len(held)
    relay.tell(client, encode(seal_server_info(ServerInfo(), relay.private, client.key, nonce)), effects)
    return held


def _keep(relay: Relay, client: Client, data: bytes) -> None:
    """Count what strangers make us hold. The others are not harmed by one who sends much."""
    client.held += data
    relay.waiting_bytes += len(data)
    if relay.waiting_bytes > MAX_WAITING_BYTES and len(client.held) > FEW_BYTES:
        raise RemoteError("too many bytes of those who are not let in", field=HELD)


def _short(info: ClientInfo) -> ClientInfo:
    """The name is for statistics, is kept while the client stays, and may be 256 KiB long."""
    if len(info.app_name) <= MAX_APP_NAME:
        return info
    return msgspec.structs.replace(info, app_name=info.app_name[:MAX_APP_NAME])


def has_mesh_key(info: ClientInfo, settings: RelaySettings) -> bool:
    """Whether a client knows a mesh key that is admitted. Each is compared, in a time that tells nothing."""
    if not info.mesh_key:
        return False
    keys = [key for key in (settings.mesh_key, *settings.other_mesh_keys) if key]
    return sum(hmac.compare_digest(info.mesh_key, key) for key in keys) > 0
