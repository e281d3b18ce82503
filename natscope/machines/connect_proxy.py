"""The way through an HTTP proxy: CONNECT, and what comes back (RFC 9110 §9.3.6). No I/O."""

from __future__ import annotations

import base64

import h11

from natscope.errors import RefusedError, RemoteError
from natscope.wire.proxy_environment import Proxy

MAX_HEAD_BYTES = 16 * 1024


class ProxyRefused(RefusedError):
    """The proxy answered something else than success; `status` is its HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class ConnectMachine:
    """One CONNECT to `target` (`host:port`); `is_through` once the proxy has opened the way."""

    def __init__(self, proxy: Proxy, target: str) -> None:
        """Nothing is sent yet."""
        self.is_through = False
        self._proxy = proxy
        self._target = target
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEAD_BYTES)

    def start(self) -> bytes:
        """The request."""
        headers = [("Host", self._target)]
        if self._proxy.username:
            pair = f"{self._proxy.username}:{self._proxy.password}".encode()
            headers.append(("Proxy-Authorization", f"Basic {base64.b64encode(pair).decode()}"))
        request = h11.Request(method="CONNECT", target=self._target, headers=headers)
        return (self._http.send(request) or b"") + (self._http.send(h11.EndOfMessage()) or b"")

    def received(self, data: bytes) -> bytes:
        """A read; what came behind the answer belongs to the tunnel. Raises `ProxyRefused`, `RemoteError`."""
        try:
            self._http.receive_data(data)
            event = self._http.next_event()
            while isinstance(event, h11.InformationalResponse):
                event = self._http.next_event()
        except h11.RemoteProtocolError as error:
            raise RemoteError("the proxy's answer is no HTTP", field="proxy") from error
        if event is h11.NEED_DATA:
            return b""
        if isinstance(event, h11.Response):
            if event.status_code // 100 == 2:
                self.is_through = True
                return self._http.trailing_data[0]
            raise ProxyRefused(event.status_code, f"the proxy answers HTTP {event.status_code}{_advice(event)}")
        raise RemoteError("the proxy closed the connection without an answer", field="proxy")


def _advice(response: h11.Response) -> str:
    words = {
        403: ": it forbids this connection",
        405: ": it does not let connections through",
        407: ": it wants a name and password",
        502: ": it could not reach the relay",
        503: ": it could not reach the relay",
        504: ": the relay did not answer it",
    }
    return words.get(response.status_code, "")
