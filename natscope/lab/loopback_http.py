"""The HTTP side of an embedded relay: the paths that a netcheck and a captive portal check ask.

Source: upstream cmd/derper/derper.go (serverHandler, generate_204) and derp/derpserver/handler.go.
"""

from __future__ import annotations

import random
import re
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime

from natscope.host.api import Clock
from natscope.lab.loopback_spec import RegionSpec, RelayKind
from natscope.web.server import ServerRequest, ServerResponse

_LATENCY_PATHS = ("/derp/latency-check", "/derp/probe")
_CHALLENGE = re.compile(r"[A-Za-z0-9.\-_:]{1,64}")
_NO_CACHE = ("cache-control", "no-cache, no-store, must-revalidate, no-transform, max-age=0")
_TEXT = ("content-type", "text/plain; charset=utf-8")
LOGIN_PAGE = "http://portal.test/login"


class RelayPages:
    """Answers for one region; every answer is held back for the region's latency."""

    def __init__(self, clock: Clock, spec: RegionSpec, rng: random.Random, https_port: int) -> None:
        self._clock = clock
        self._spec = spec
        self._rng = rng
        self._https_port = https_port
        self.requests: dict[str, int] = {}
        self.clock_wrong_by_s = 0.0
        """How far the times that it tells are ahead."""
        self.upgrades = True
        """Off: a proxy in front takes what asks for the upgrade out of requests."""

    async def over_tls(self, request: ServerRequest) -> ServerResponse:
        """The relay's own port."""
        await self._hold(request)
        asks = request.path == "/derp" and request.headers.get("upgrade", "").lower() == "derp"
        if asks and self.upgrades:  # and then nothing: it relays nothing
            return ServerResponse(101, headers=(("upgrade", "DERP"), ("connection", "Upgrade")))
        return self._dated(_relay_page(request))

    async def over_plain(self, request: ServerRequest) -> ServerResponse:
        """The plain port: only `/generate_204` is served there, the rest is sent to HTTPS."""
        await self._hold(request)
        if self._spec.kind is RelayKind.CAPTIVE:
            return ServerResponse(302, headers=(("location", LOGIN_PAGE),))
        if request.path == "/generate_204":
            return self._dated(_challenge(request))
        if request.method not in ("GET", "HEAD"):
            return ServerResponse(400, b"Use HTTPS\n", (_TEXT,))
        host = request.headers.get("host", "").partition(":")[0]
        return ServerResponse(302, headers=(("location", f"https://{host}:{self._https_port}{request.path}"),))

    def _dated(self, response: ServerResponse) -> ServerResponse:
        """With the time, as a server that has a clock must (RFC 9110 §6.6.1)."""
        now = self._clock.utc() + timedelta(seconds=self.clock_wrong_by_s)
        return replace(response, headers=(*response.headers, ("date", format_datetime(now, usegmt=True))))

    async def _hold(self, request: ServerRequest) -> None:
        self.requests[request.path] = self.requests.get(request.path, 0) + 1
        jitter_ms = self._rng.random() * self._spec.jitter_ms if self._spec.jitter_ms else 0.0
        await self._clock.sleep((self._spec.latency_ms + jitter_ms) / 1000)


def _relay_page(request: ServerRequest) -> ServerResponse:
    if request.path in _LATENCY_PATHS:
        allowed = request.method in ("GET", "HEAD")
        return ServerResponse(200 if allowed else 405, headers=(("access-control-allow-origin", "*"),))
    if request.path == "/generate_204":
        return _challenge(request)
    if request.path == "/derp":
        return ServerResponse(426, b"DERP requires connection upgrade\n", (("upgrade", "DERP"), _TEXT))
    if request.path == "/robots.txt":
        return ServerResponse(200, b"User-agent: *\nDisallow: /\n", (_TEXT,))
    if request.path == "/":
        return ServerResponse(200, b"A relay-shaped endpoint for tests; it relays nothing.\n", (_TEXT,))
    return ServerResponse(404, b"not found\n", (_TEXT,))


def _challenge(request: ServerRequest) -> ServerResponse:
    """204, and the challenge back when it is one."""
    challenge = request.headers.get("x-tailscale-challenge", "")
    if not _CHALLENGE.fullmatch(challenge):
        return ServerResponse(204, headers=(_NO_CACHE,))
    return ServerResponse(204, headers=(_NO_CACHE, ("x-tailscale-response", f"response {challenge}")))
