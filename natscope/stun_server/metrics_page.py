"""The metrics of a STUN server over HTTP: `GET /metrics` as Prometheus text, anything else is refused."""

from __future__ import annotations

from natscope.host.api import Host, Listener
from natscope.model.endpoint import Endpoint
from natscope.stun_server.service import StunService
from natscope.web.server import HttpServer, ServerRequest, ServerResponse

PATH = "/metrics"
_TEXT = ("content-type", "text/plain; version=0.0.4; charset=utf-8")


async def listen_for_metrics(host: Host, local: Endpoint, service: StunService) -> Listener:
    """Serve the page until the listener is closed. Raises `HostError` when `local` can't be bound."""

    async def answer(request: ServerRequest) -> ServerResponse:
        if request.path != PATH:
            return ServerResponse(404, b"metrics are at /metrics\n", (_TEXT,))
        if request.method not in ("GET", "HEAD"):
            return ServerResponse(405, b"", (("allow", "GET, HEAD"),))
        return ServerResponse(200, service.metrics().encode(), (_TEXT,))

    return await HttpServer(host, answer).listen(local)
