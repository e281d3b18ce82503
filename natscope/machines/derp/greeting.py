"""From a new connection to one that is let in: ClientInfo, the decision, ServerInfo.

A client does not wait for ServerInfo, so what follows ClientInfo is kept until somebody has decided. Source: upstream
derp/derpserver/derpserver.go (accept, recvClientKey, verifyClient).
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from natscope.errors import RemoteError
from natscope.machines.derp.client import Client, State
from natscope.wire.derp.frames import HEADER, HEADER_BYTES, MAX_CLIENT_INFO_BYTES, FrameType, Sealed, encode
from natscope.wire.derp.hello import ClientInfo, ServerInfo, open_client_info, seal_server_info
from natscope.wire.derp.parsing import decode

if TYPE_CHECKING:
    from natscope.machines.derp.effects import Effects
    from natscope.machines.derp.relay import Relay

MAX_HELD_BYTES = 256 * 1024
"""What a client may send before it is let in, behind its ClientInfo."""
HELD = "held"


def handle(relay: Relay, client: Client, data: bytes, effects: Effects) -> None:
    """Read ClientInfo once it is complete. Raises `RemoteError`."""
    client.held += data
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
    client.info = open_client_info(frame, relay.private)
    client.key = frame.key
    client.is_mesh = _has_mesh_key(client.info, relay.settings.mesh_key)
    client.state = State.ADMISSION
    client.held = bytearray()
    hold(client, bytes(held[end:]))
    effects.admit = client


def hold(client: Client, data: bytes) -> None:
    """Keep what came before the decision. Raises `RemoteError` when it is too much."""
    if len(client.held) + len(data) > MAX_HELD_BYTES:
        raise RemoteError("too many bytes before the client was let in", field=HELD)
    client.held += data


def let_in(relay: Relay, client: Client, nonce: bytes, effects: Effects) -> bytes:
    """Open the connection: ServerInfo leaves; gives what the client sent meanwhile."""
    settings = relay.settings
    if settings.rate.bytes_per_second and not client.is_mesh:
        info = ServerInfo(bytes_per_second=settings.rate.bytes_per_second, burst_bytes=settings.rate.burst)
    else:
        info = ServerInfo()
    client.write_limit_s = settings.mesh_write_limit_s if client.is_mesh else settings.write_limit_s
    client.state = State.OPEN
    held, client.held = bytes(client.held), bytearray()
    relay.tell(client, encode(seal_server_info(info, relay.private, client.key, nonce)), effects)
    return held


def _has_mesh_key(info: ClientInfo, mesh_key: bytes) -> bool:
    return bool(mesh_key and info.mesh_key) and hmac.compare_digest(info.mesh_key, mesh_key)
