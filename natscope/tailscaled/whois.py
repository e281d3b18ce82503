"""Whether a running tailscaled knows a node: what a relay asks before it lets a client in.

Source: upstream ipn/localapi/localapi.go (serveWhoIs), client/local/local.go (WhoIsNodeKey).
"""

from __future__ import annotations

from natscope.errors import RefusedError
from natscope.host.http_api import Http
from natscope.tailscaled.client import TIMEOUT_S, ask
from natscope.wire.keys import key_text


async def knows_node(http: Http, socket_path: str, key: bytes, *, timeout_s: float = TIMEOUT_S) -> bool:
    """Whether the node key belongs to a node of the daemon's tailnet.

    Raises `HostError` when nobody answers and `RefusedError`, with the daemon's own words, when it answers otherwise:
    one that is not logged in, or too old to be asked by key.
    """
    response = await ask(http, socket_path, f"whois?addr={key_text(key)}", timeout_s)
    if response.status == 404:
        return False
    if response.status != 200:
        words = response.body[:200].decode(errors="replace").strip()
        raise RefusedError(f"tailscaled answered {response.status}: {words}")
    return True
