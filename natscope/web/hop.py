"""One request on one connection, through httpcore: the step between two redirects."""

from __future__ import annotations

import ssl
from dataclasses import dataclass

import httpcore

from natscope.host.api import Failure, Host, HostError
from natscope.host.http_api import NOT_HTTP, HttpRequest
from natscope.web.backend import HostBackend
from natscope.web.meter import Meter
from natscope.web.proxy import Proxy, choose_proxy

MAX_HEAD_BYTES = 64 * 1024
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class HopRequest:
    """A request as it goes out: the URL in parts, header pairs and body as bytes."""

    method: str
    scheme: str
    host: str
    port: int | None
    target: bytes
    headers: list[tuple[bytes, bytes]]
    body: bytes


@dataclass(frozen=True, slots=True)
class HopResponse:
    """What came back; `body` is cut at the request's limit and `truncated` says so."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes
    truncated: bool


async def send_hop(
    host: Host, request: HttpRequest, hop: HopRequest, meter: Meter, *, is_first_hop: bool
) -> HopResponse:
    """Send `hop` on a connection of its own. Raises `HostError`."""
    proxy = _proxy_for(host, request, hop)
    backend = HostBackend(
        host,
        request,
        meter,
        is_first_hop=is_first_hop,
        via_tls_proxy=proxy is not None and proxy.scheme == "https",
    )
    try:
        async with _pool(backend, request, proxy) as pool:
            return await _exchange(pool, hop, request.max_bytes, meter)
    except httpcore.ProxyError as error:
        raise HostError(Failure.REFUSED, f"the proxy {proxy.url if proxy else ''} refused: {error}") from error
    except httpcore.RemoteProtocolError as error:
        raise _not_http(error) from error
    except (httpcore.LocalProtocolError, httpcore.UnsupportedProtocol) as error:
        raise HostError(Failure.NOT_SUPPORTED, f"that request cannot be sent: {error}") from error
    finally:
        await backend.close()


def _proxy_for(host: Host, request: HttpRequest, hop: HopRequest) -> Proxy | None:
    if not request.proxy or request.unix_socket or request.connect_to is not None:
        return None
    return choose_proxy(hop.scheme, hop.host, hop.port or _DEFAULT_PORTS.get(hop.scheme, 0), host.environ)


def _pool(backend: HostBackend, request: HttpRequest, proxy: Proxy | None) -> httpcore.AsyncConnectionPool:
    # httpcore would read a trust store of its own if it were given no context; ours are Host.streams' business.
    unused = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if proxy is None:
        return httpcore.AsyncConnectionPool(
            ssl_context=unused, network_backend=backend, uds=request.unix_socket or None, max_connections=1
        )
    return httpcore.AsyncHTTPProxy(
        proxy.url,
        proxy_auth=(proxy.username.encode(), proxy.password.encode()) if proxy.username else None,
        ssl_context=unused,
        proxy_ssl_context=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if proxy.scheme == "https" else None,
        network_backend=backend,
        max_connections=1,
    )


async def _exchange(pool: httpcore.AsyncConnectionPool, hop: HopRequest, max_bytes: int, meter: Meter) -> HopResponse:
    outgoing = httpcore.Request(
        hop.method,
        httpcore.URL(scheme=hop.scheme, host=hop.host, port=hop.port, target=hop.target),
        headers=hop.headers,
        content=hop.body,
    )
    response = await pool.handle_async_request(outgoing)
    meter.head_complete()
    try:
        if sum(len(name) + len(value) + 4 for name, value in response.headers) > MAX_HEAD_BYTES:
            raise HostError(Failure.OTHER, f"the answer's headers are larger than {MAX_HEAD_BYTES // 1024} KiB")
        body, truncated = await _body(response, max_bytes)
        return HopResponse(response.status, response.headers, body, truncated)
    finally:
        await response.aclose()


async def _body(response: httpcore.Response, max_bytes: int) -> tuple[bytes, bool]:
    body = bytearray()
    async for part in response.aiter_stream():
        body += part
        if len(body) > max_bytes:
            return bytes(body[:max_bytes]), True
    return bytes(body), False


def _not_http(error: httpcore.RemoteProtocolError) -> HostError:
    text = str(error).lower()
    if "disconnected" in text or "closed" in text:
        return HostError(Failure.CLOSED, "the other side closed the connection before the answer was complete")
    return HostError(Failure.OTHER, NOT_HTTP)
