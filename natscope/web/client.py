"""The HTTP client of probes and map sources, on the streams of a `Host`; the only file that imports httpx.

httpx parses URLs, builds the request and follows redirects; each hop goes through `natscope.web.hop` on a connection of
its own, so that name look-up, TCP, TLS and the request are timed apart. Neither httpx nor httpcore is imported before
the first request.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from typing import TYPE_CHECKING, Any

from natscope.host.api import Failure, Host, HostError
from natscope.host.http_api import HttpRequest, HttpResponse
from natscope.version import VERSION
from natscope.web.meter import Meter

if TYPE_CHECKING:
    import httpx

    from natscope.web.hop import HopResponse

_MAX_PORT = 65535
_LOADING = threading.Lock()
"""A module stands in `sys.modules` before all of it is there: who comes meanwhile, in another thread, waits."""


class HttpClient:
    """Implements `natscope.host.http_api.Http`; holds no connections between requests."""

    def __init__(self, host: Host) -> None:
        self._host = host

    async def fetch(self, request: HttpRequest) -> HttpResponse:
        """Send and read the answer, all within `timeout_s`. Raises `HostError`; an HTTP error status is an answer."""
        httpx = load_httpx()
        hops = _Hops(self._host, request)
        transport: Any = hops
        try:
            client = httpx.AsyncClient(
                transport=transport,
                trust_env=False,
                max_redirects=request.redirects,
                headers=_headers(request),
                timeout=None,
            )
            outgoing = client.build_request(request.method, request.url, content=request.body or None)
        except (httpx.InvalidURL, UnicodeError, ValueError) as error:
            raise HostError(Failure.NOT_SUPPORTED, f"{request.url}: that is no URL that could be asked") from error
        try:
            async with asyncio.timeout(request.timeout_s), client:
                response = await client.send(outgoing, stream=True, follow_redirects=request.redirects > 0)
        except TimeoutError as error:
            words = f"no answer within {request.timeout_s:g} s, while {hops.meter.stage}"
            raise HostError(Failure.TIMEOUT, f"{request.url}: {words}") from error
        except httpx.TooManyRedirects as error:
            raise HostError(Failure.OTHER, f"{request.url}: redirected more than {request.redirects} times") from error
        except httpx.HTTPError as error:  # what httpx itself finds wrong: the place it is redirected to
            if hops.last is not None and not request.redirects:  # it looks there even when nobody goes there
                return hops.result(httpx.Response(hops.last.status, headers=hops.last.headers, request=outgoing))
            raise HostError(Failure.NOT_SUPPORTED, f"{request.url}: redirected to what is no URL") from error
        return hops.result(response)


def _headers(request: HttpRequest) -> dict[str, str]:
    """The body is bounded before it is unpacked, so it must not come packed; one request a connection.

    Names go out as they are given: there are routers that know `SOAPAction` in that spelling only.
    """
    defaults = {"user-agent": f"natscope/{VERSION}", "accept-encoding": "identity", "connection": "close"}
    given = dict.fromkeys(name.lower() for name in request.headers)
    return {name: value for name, value in defaults.items() if name not in given} | dict(request.headers)


class _Hops:
    """What httpx takes for its transport. No subclass of httpx's, which is not loaded when this file is."""

    def __init__(self, host: Host, request: HttpRequest) -> None:
        self._host = host
        self._request = request
        self._earlier_sent = self._earlier_received = 0
        self.meter = Meter(host.clock)
        self.last: HopResponse | None = None

    @property
    def bytes_sent(self) -> int:
        """Over all hops."""
        return self._earlier_sent + self.meter.bytes_sent

    @property
    def bytes_received(self) -> int:
        """Over all hops."""
        return self._earlier_received + self.meter.bytes_received

    def result(self, response: httpx.Response) -> HttpResponse:
        """The answer of the last hop, counted over all of them."""
        assert self.last is not None
        return HttpResponse(
            status=response.status_code,
            headers=dict(response.headers.items()),
            body=self.last.body,
            truncated=self.last.truncated,
            timings=self.meter.timings(),
            remote=self.meter.remote,
            tls=self.meter.tls,
            url=str(response.request.url),
            bytes_sent=self.bytes_sent,
            bytes_received=self.bytes_received,
        )

    async def __aenter__(self) -> _Hops:
        return self

    async def __aexit__(self, *_error: object) -> None:
        return None

    async def aclose(self) -> None:
        """Nothing is kept open."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """One hop. httpx gets the head only: it decides about redirects, and must not unpack what is not bounded."""
        import httpx

        from natscope.web.hop import HopRequest, send_hop

        is_first_hop = self.last is None
        self._earlier_sent, self._earlier_received = self.bytes_sent, self.bytes_received
        self.meter = Meter(self._host.clock)
        url = request.url
        if url.scheme not in ("http", "https") or not url.host or (url.port or 0) > _MAX_PORT:
            raise HostError(Failure.NOT_SUPPORTED, f"{url}: only http:// and https:// URLs can be asked")
        hop = HopRequest(
            request.method,
            url.scheme,
            url.raw_host.decode(),
            url.port,
            url.raw_path,
            request.headers.raw,
            await request.aread(),
        )
        self.last = await send_hop(self._host, self._request, hop, self.meter, is_first_hop=is_first_hop)
        return httpx.Response(self.last.status, headers=self.last.headers, content=b"", request=request)


def load_httpx() -> Any:
    """Import httpx without its command line tool, which would bring rich and pygments along (42 of 73 ms of CPU)."""
    with _LOADING:
        return sys.modules["httpx"] if "httpx" in sys.modules else _load()


def _load() -> Any:
    blocked = "httpx._main" not in sys.modules
    if blocked:
        sys.modules["httpx._main"] = None  # type: ignore[assignment]
    try:
        import httpx
    finally:
        if blocked:
            del sys.modules["httpx._main"]
    return httpx
