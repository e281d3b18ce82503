"""Asks a running tailscaled over its local socket.

HTTP on a Unix socket; the daemon refuses any Host but its own and any Origin or Referer. Reading needs no privilege.
Source: upstream ipn/localapi/localapi.go, client/local/local.go.
"""

from __future__ import annotations

from natscope.errors import RefusedError
from natscope.host.http_api import Http, HttpRequest, HttpResponse

LOCAL_HOST = "local-tailscaled.sock"
TIMEOUT_S = 2.0
MAX_MAP_BYTES = 4 * 1024 * 1024


async def fetch_derp_map(http: Http, socket_path: str, *, timeout_s: float = TIMEOUT_S) -> bytes | None:
    """The daemon's relay map as JSON; None when it has none (not logged in) or does not know the question.

    Raises `HostError` when nobody answers and `RefusedError`, with the daemon's own words, when it says no.
    """
    response = await ask(http, socket_path, "derpmap", timeout_s)
    if response.status == 404:
        return None
    if response.status != 200:
        words = response.body[:200].decode(errors="replace").strip()
        raise RefusedError(f"tailscaled answered {response.status}: {words}")
    if response.truncated:
        raise RefusedError("tailscaled answered with an endless relay map")
    body = response.body.strip()
    return None if body in (b"", b"null") else body


async def ask(http: Http, socket_path: str, what: str, timeout_s: float) -> HttpResponse:
    """One question; any status is an answer. Raises `HostError`."""
    request = HttpRequest(
        url=f"http://{LOCAL_HOST}/localapi/v0/{what}",
        headers={"host": LOCAL_HOST},
        unix_socket=socket_path,
        timeout_s=timeout_s,
        max_bytes=MAX_MAP_BYTES,
    )
    return await http.fetch(request)
