"""An HTTP proxy of the lab: carries CONNECT to port 443 or any other, and nothing else.

Source: RFC 9110 §9.3.6 (CONNECT), §11.7 (Proxy-Authenticate). With a password every request without it gets 407. Runs
on `Host` streams, so both beds serve the same one.
"""

from __future__ import annotations

import asyncio
import base64
from dataclasses import dataclass

from natscope.host.api import Host, HostError, Listener, Stream
from natscope.model.endpoint import Endpoint, Family, IPAddress

PORT = 3128
MAX_HEAD_BYTES = 8192
HEAD_S, CONNECT_S, IDLE_S = 10.0, 5.0, 60.0
MAX_CONNECTIONS = 128
CHUNK_BYTES = 64 * 1024
USER, PASSWORD = "guest", "letmein"
"""Of the proxy that wants one."""


@dataclass
class HttpProxy:
    """`with_password`: only who knows it gets through. `counts` are answers by status."""

    host: Host
    with_password: bool = False

    def __post_init__(self) -> None:
        self._open = 0
        self.counts: dict[int, int] = {}

    async def listen(self, local: Endpoint) -> Listener:
        """Serve until the listener is closed. Raises `HostError`."""
        return await self.host.streams.listen(local, self._serve)

    async def _serve(self, stream: Stream) -> None:
        if self._open >= MAX_CONNECTIONS:
            return
        self._open += 1
        try:
            async with asyncio.timeout(HEAD_S):
                head = await _read_head(stream)
            target = await self._judge(stream, head)
            if target is not None:
                await self._carry(stream, *target)
        except (HostError, TimeoutError):
            pass  # whoever asked is gone
        finally:
            self._open -= 1

    async def _judge(self, client: Stream, head: bytes) -> tuple[str, int] | None:
        """Where the client wants to go; None when it was sent away."""
        lines = head.decode("latin-1").split("\r\n")
        method, _, rest = lines[0].partition(" ")
        name, _, port = rest.partition(" ")[0].rpartition(":")
        if method != "CONNECT" or not port.isdigit():
            await self._answer(client, 405, "Method Not Allowed")
        elif self.with_password and _credentials(lines[1:]) != f"{USER}:{PASSWORD}":
            await self._answer(client, 407, "Proxy Authentication Required", 'proxy-authenticate: Basic realm="lab"')
        else:
            return name.strip("[]"), int(port)
        return None

    async def _carry(self, client: Stream, name: str, port: int) -> None:
        try:
            target = Endpoint(await self._look_up(name), port)
            server = await self.host.streams.connect(target, timeout_s=CONNECT_S)
        except (HostError, ValueError):
            await self._answer(client, 502, "Bad Gateway")
            return
        try:
            await self._answer(client, 200, "Connection established")
            await _pump_both(client, server)
        finally:
            await server.close()

    async def _look_up(self, name: str) -> IPAddress:
        families: tuple[Family, ...] = (4, 6)
        for family in families:
            try:
                return (await self.host.resolver.addresses(name, family, timeout_s=CONNECT_S))[0]
            except HostError as error:
                refused = error
        raise refused

    async def _answer(self, client: Stream, status: int, reason: str, *headers: str) -> None:
        self.counts[status] = self.counts.get(status, 0) + 1
        length = () if status == 200 else ("content-length: 0", "connection: close")
        lines = (f"HTTP/1.1 {status} {reason}", *headers, *length, "", "")
        await client.write("\r\n".join(lines).encode("latin-1"))


async def serve_proxy(host: Host, local: IPAddress, *, with_password: bool) -> None:
    """Serve for ever. Raises `HostError`."""
    await HttpProxy(host, with_password).listen(Endpoint(local, PORT))
    await asyncio.Event().wait()


async def _read_head(client: Stream) -> bytes:
    head = b""
    while b"\r\n\r\n" not in head:
        data = await client.read(MAX_HEAD_BYTES)
        head += data
        if not data or len(head) > MAX_HEAD_BYTES:
            raise TimeoutError
    return head.partition(b"\r\n\r\n")[0]


def _credentials(lines: list[str]) -> str:
    for line in lines:
        name, _, value = line.partition(":")
        if name.strip().lower() == "proxy-authorization" and value.strip().lower().startswith("basic "):
            try:
                return base64.b64decode(value.strip()[6:], validate=True).decode("latin-1")
            except ValueError:
                return ""
    return ""


async def _pump_both(client: Stream, server: Stream) -> None:
    """Until one side is done."""
    pumps = [asyncio.ensure_future(_pump(client, server)), asyncio.ensure_future(_pump(server, client))]
    try:
        await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for pump in pumps:
            pump.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)


async def _pump(source: Stream, sink: Stream) -> None:
    while True:
        async with asyncio.timeout(IDLE_S):
            data = await source.read(CHUNK_BYTES)
        if not data:
            return
        await sink.write(data)
