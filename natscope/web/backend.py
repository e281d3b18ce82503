"""httpcore's network backend over a `Host`: every byte of HTTP passes through `Host.streams` and the meter."""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from typing import Any

import httpcore

from natscope.host.api import Host, Stream, TlsOptions
from natscope.host.http_api import HttpRequest
from natscope.web.dial import Dialled, DialOptions, dial, dial_address
from natscope.web.meter import Meter

_ALPN = ("http/1.1",)


class HostStream(httpcore.AsyncNetworkStream):
    """A connection as httpcore sees it; its own timeouts are not used, the fetch as a whole has one."""

    def __init__(self, stream: Stream, backend: HostBackend) -> None:
        self._stream = stream
        self._backend = backend

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Some bytes, empty at the end."""
        data = await self._stream.read(max_bytes)
        self._backend.meter.read(len(data))
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """All of `buffer`."""
        if buffer:
            started_at = self._backend.host.clock.now()
            await self._stream.write(buffer)
            self._backend.meter.wrote(started_at, len(buffer))

    async def aclose(self) -> None:
        """Close the connection."""
        await self._stream.close()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> HostStream:
        """TLS with our own checks; the context that httpcore offers is not used."""
        await self._backend.secure(self._stream, server_hostname or "")
        return self

    def get_extra_info(self, info: str) -> Any:
        """Nothing: HTTP/2 is never negotiated, and the rest is known to the meter."""
        return None


class HostBackend(httpcore.AsyncNetworkBackend):
    """Opens the connections of one hop and remembers them, so that none outlives it.

    `is_first_hop`: `connect_to` and the TLS options of a request are for its own URL, never for where it redirects.
    `via_tls_proxy`: the first handshake is the proxy's, not the origin's.
    """

    def __init__(
        self, host: Host, request: HttpRequest, meter: Meter, *, is_first_hop: bool, via_tls_proxy: bool
    ) -> None:
        self.host = host
        self.meter = meter
        self._request = request
        self._is_first_hop = is_first_hop
        self._proxy_handshakes = 1 if via_tls_proxy else 0
        self._streams: list[Stream] = []

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> HostStream:
        """Connect to a name, or to where the request says instead."""
        self.meter.stage = "connecting"
        dialled = await self._dial(host, port)
        self.meter.dns_s, self.meter.connect_s = dialled.dns_s, dialled.connect_s
        return self._opened(dialled.stream)

    async def _dial(self, name: str, port: int) -> Dialled:
        request = self._request
        options = DialOptions(request.timeout_s, request.source, request.interface)
        if request.connect_to is not None and self._is_first_hop:
            return await dial_address(self.host, request.connect_to, options)
        return await dial(self.host, name, port, options)

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None
    ) -> HostStream:
        """Connect to a Unix socket."""
        self.meter.stage = "connecting"
        started_at = self.host.clock.now()
        stream = await self.host.streams.connect_unix(path, timeout_s=self._request.timeout_s)
        self.meter.connect_s = self.host.clock.now() - started_at
        return self._opened(stream)

    def _opened(self, stream: Stream) -> HostStream:
        self._streams.append(stream)
        self.meter.remote = stream.remote
        self.meter.stage = "sending the request"
        return HostStream(stream, self)

    async def secure(self, stream: Stream, server_name: str) -> None:
        """One TLS handshake; the origin's own goes on the meter."""
        self.meter.stage = "in the TLS handshake"
        if self._proxy_handshakes:
            self._proxy_handshakes -= 1
            await stream.start_tls(TlsOptions(server_name, alpn=_ALPN))
            self.meter.layer_added()
            return
        await stream.start_tls(self._tls_options(server_name))
        self.meter.layer_added()
        self.meter.tls = stream.tls
        self.meter.tls_s = stream.tls.handshake_s if stream.tls else None

    def _tls_options(self, server_name: str) -> TlsOptions:
        given = self._request.tls
        if given is None:
            return TlsOptions(server_name, alpn=_ALPN)
        if not self._is_first_hop:
            return TlsOptions(server_name, ca_file=given.ca_file, alpn=_ALPN)
        return TlsOptions(
            given.server_name,
            verify_name=given.verify_name,
            pin_sha256=given.pin_sha256,
            verify=given.verify,
            ca_file=given.ca_file,
            alpn=given.alpn or _ALPN,
        )

    async def sleep(self, seconds: float) -> None:
        """Only used by retries, which we do not have."""
        await self.host.clock.sleep(seconds)

    async def close(self) -> None:
        """Close every connection of the hop."""
        for stream in self._streams:
            await stream.close()
