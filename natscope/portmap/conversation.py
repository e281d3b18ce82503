"""Drives a conversation with an Internet Gateway Device over HTTP, within limits of time and bytes."""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeVar

from natscope.host.api import Clock, HostError
from natscope.host.http_api import Http, HttpRequest
from natscope.machines.portmap_client.igd_client import Fetch, Fetched

T = TypeVar("T")
REQUEST_S = 1.5
"""One request may take so long; upstream gives a description one second, and this program loads its HTTP in it."""
MAX_REQUESTS = 40
"""In one talk."""


class Conversation:
    """Talks to one gateway on one interface; counts what it sends. Only plain HTTP, no proxy, no redirects."""

    def __init__(self, http: Http, clock: Clock, interface: str, *, request_s: float = REQUEST_S) -> None:
        self.requests = self.bytes_sent = self.bytes_received = 0
        self._http = http
        self._clock = clock
        self._interface = interface
        self._request_s = request_s
        self._left = MAX_REQUESTS

    async def hold(self, talk: Generator[Fetch, Fetched, T], until: float) -> T:
        """Answer each request of `talk` until it returns; what is asked after `until` fails at once."""
        self._left = MAX_REQUESTS
        try:
            fetch = next(talk)
            while True:
                fetch = talk.send(await self._fetch(fetch, until))
        except StopIteration as end:
            result: T = end.value
            return result

    async def _fetch(self, fetch: Fetch, until: float) -> Fetched:
        remaining = until - self._clock.now()
        if remaining <= 0:
            return Fetched(failure="the time was up")
        if self._left <= 0:
            return Fetched(failure="it asks for too much")
        if not fetch.url:
            return Fetched(failure="no address that could be asked")
        self._left -= 1
        self.requests += 1
        request = HttpRequest(
            url=fetch.url,
            method=fetch.method,
            headers=fetch.headers,
            body=fetch.body,
            timeout_s=min(self._request_s, remaining),
            max_bytes=fetch.max_bytes,
            interface=self._interface or None,
        )
        try:
            response = await self._http.fetch(request)
        except HostError as error:
            return Fetched(failure=error.failure.value)
        self.bytes_sent += response.bytes_sent
        self.bytes_received += response.bytes_received
        if response.truncated:
            return Fetched(response.status, failure=f"more than {fetch.max_bytes} bytes")
        return Fetched(response.status, response.body)
