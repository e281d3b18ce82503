"""The metrics of a STUN server over HTTP: `GET /metrics` as Prometheus text, anything else is refused."""

from __future__ import annotations

from natscope.host.api import Host, Listener
from natscope.model.endpoint import Endpoint
from natscope.stun_server.service import StunService
from natscope.web.metrics import metrics_page
from natscope.web.server import HttpServer


async def listen_for_metrics(host: Host, local: Endpoint, service: StunService) -> Listener:
    """Serve the page until the listener is closed. Raises `HostError` when `local` can't be bound."""

    async def text() -> str:
        return service.metrics()

    return await HttpServer(host, metrics_page(text)).listen(local)
