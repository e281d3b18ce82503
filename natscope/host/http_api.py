"""What an HTTP request and its answer look like to probes and map sources.

`natscope.web.client` implements `Http` on the streams of a `Host`; a probe receives it as `ctx.http`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import msgspec

from natscope.host.api import TlsInfo, TlsOptions
from natscope.model.endpoint import Endpoint, IPAddress

NOT_HTTP = "the other side's answer is not HTTP"
"""The message of a `HostError` about whatever else answers there."""


class HttpTimings(msgspec.Struct, frozen=True):
    """Durations in seconds, None for steps that did not happen. `request_s` is from the first request byte to the head
    of the answer, on an open connection: the relay's latency apart from TCP and TLS.
    """

    dns_s: float | None = None
    connect_s: float | None = None
    tls_s: float | None = None
    request_s: float | None = None


class HttpResponse(msgspec.Struct, frozen=True):
    """Header names are lower case. `body` holds at most the asked number of bytes; `truncated` says there was more."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    truncated: bool
    timings: HttpTimings
    remote: Endpoint | None
    tls: TlsInfo | None
    url: str
    bytes_sent: int = 0
    bytes_received: int = 0


class HttpRequest(msgspec.Struct, frozen=True):
    """One request.

    `connect_to` dials that address instead of looking the name up (Host header and SNI stay those of the URL).
    `tls` replaces the default checks. `unix_socket` sends plain HTTP through a Unix socket. `proxy` True obeys the
    proxy variables of the host's environment. `redirects` is how many may be followed. `max_bytes` bounds the body.
    """

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = {}
    body: bytes = b""
    timeout_s: float = 5.0
    max_bytes: int = 8192
    redirects: int = 0
    proxy: bool = False
    connect_to: Endpoint | None = None
    source: IPAddress | None = None
    interface: str | None = None
    unix_socket: str = ""
    tls: TlsOptions | None = None


class Http(Protocol):
    """Sends requests, each on a connection of its own."""

    async def fetch(self, request: HttpRequest) -> HttpResponse:
        """Send and read the answer. Raises `HostError`; an HTTP error status is an answer, not an error."""
        ...
