"""A small HTTP proxy on any `Host`, for CONNECT alone: honest, or with an answer of its own."""

from __future__ import annotations

import asyncio
import base64
import contextlib
from typing import Self

from natscope.host.api import Host, HostError, Listener, ServerTls, Stream
from natscope.model.endpoint import Endpoint

GOOD = b"HTTP/1.1 200 Connection established\r\n\r\n"


class ConnectProxy:
    """`answer` is what it says in place of connecting: b"" closes, None never answers. `names` override DNS."""

    def __init__(
        self,
        host: Host,
        at: Endpoint,
        *,
        password: str = "",
        answer: bytes | None = GOOD,
        tls: ServerTls | None = None,
        names: dict[str, Endpoint] | None = None,
    ) -> None:
        self.host = host
        self.targets: list[str] = []
        self._at, self._password, self._answer, self._tls = at, password, answer, tls
        self._names = names or {}
        self._listener: Listener | None = None

    @property
    def url(self) -> str:
        assert self._listener is not None
        return f"http://{self._listener.local}"

    async def __aenter__(self) -> Self:
        self._listener = await self.host.streams.listen(self._at, self._serve, tls=self._tls)
        return self

    async def __aexit__(self, *_error: object) -> None:
        assert self._listener is not None
        await self._listener.close()

    async def _serve(self, stream: Stream) -> None:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            if not (byte := await stream.read(1)):
                return
            head += byte
        lines = head.decode().split("\r\n")
        target = lines[0].split(" ")[1]
        self.targets.append(target)
        wanted = f"Proxy-Authorization: Basic {base64.b64encode(self._password.encode()).decode()}"
        if self._password and wanted not in lines:
            await stream.write(b"HTTP/1.1 407 Who are you\r\nContent-Length: 0\r\n\r\n")
        elif self._answer is None:
            await asyncio.Event().wait()
        elif self._answer != GOOD:
            await stream.write(self._answer)
        else:
            await self._connect(stream, target)

    async def _connect(self, stream: Stream, target: str) -> None:
        name, _, port = target.rpartition(":")
        try:
            end = self._names.get(target) or Endpoint(
                (await self.host.resolver.addresses(name, 4, timeout_s=5))[0], int(port)
            )
            far = await self.host.streams.connect(end, timeout_s=5)
        except HostError:
            await stream.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
            return
        await stream.write(GOOD)
        tasks = [asyncio.ensure_future(carry(*pair)) for pair in ((stream, far), (far, stream))]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await far.close()


async def carry(source: Stream, target: Stream) -> None:
    """Until one of both ends."""
    with contextlib.suppress(HostError):
        while data := await source.read(65_536):
            await target.write(data)
