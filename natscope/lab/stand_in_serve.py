"""Serves a stand-in tailscaled: on a Unix socket, or as an `Http` inside the process, where time may be virtual."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import stat
from types import TracebackType
from urllib.parse import urlsplit

from natscope.host.api import Clock, Failure, HostError
from natscope.host.http_api import NOT_HTTP, HttpRequest, HttpResponse, HttpTimings
from natscope.lab.stand_in import Fault
from natscope.lab.stand_in_daemon import Reply, StandIn

MAX_HEAD_BYTES = 16 * 1024
_CHUNK = 64 * 1024


class StandInServer:
    """`async with StandInServer(stand_in, path) as server:`; leaving it ends all connections and removes the socket."""

    def __init__(self, stand_in: StandIn, path: str, *, mode: int = 0o666) -> None:
        """`mode` of the socket is upstream's."""
        self.stand_in = stand_in
        self.path = path
        self._mode = mode
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._watchers: set[asyncio.Queue[bytes]] = set()

    async def __aenter__(self) -> StandInServer:
        await self.open()
        return self

    async def open(self) -> None:
        """Listen. Raises `OSError`."""
        _remove_left(self.path)
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            listening.bind(self.path)
            os.chmod(self.path, self._mode)
            self._server = await asyncio.start_unix_server(self._accepted, sock=listening)
        except BaseException:
            listening.close()
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """End all connections, and remove the socket."""
        assert self._server is not None
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path)

    def notify(self, line: bytes) -> None:
        """Send a line to everybody who watches."""
        for queue in self._watchers:
            queue.put_nowait(line)

    @property
    def watchers(self) -> int:
        """How many watch now."""
        return len(self._watchers)

    def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(10):
                head = await reader.readuntil(b"\r\n\r\n")
            method, target, headers = _head(head)
            await self._send(writer, self.stand_in.answer(method, target, headers))
        except (OSError, TimeoutError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()

    async def _send(self, writer: asyncio.StreamWriter, reply: Reply) -> None:
        if reply.delay_s is None:
            await asyncio.Event().wait()
            return
        await asyncio.sleep(reply.delay_s)
        if reply.fault is Fault.GARBAGE:
            writer.write(b"\x00\x01SSH-2.0-not-http\r\n" * 4)
            await writer.drain()
            return
        if reply.watches:
            await self._watched(writer, self._first_bytes(reply))
        writer.write(self._first_bytes(reply))
        await writer.drain()
        while reply.fault is Fault.ENDLESS:
            writer.write(b" " * _CHUNK)
            await writer.drain()

    def _first_bytes(self, reply: Reply) -> bytes:
        lines = [f"HTTP/1.1 {reply.status} X", f"Content-Type: {reply.content_type}", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in self.stand_in.headers()]
        if reply.watches:
            return _head_bytes([*lines, "Transfer-Encoding: chunked"]) + _chunk(reply.body)
        length = len(reply.body) * (1 if reply.fault is None else 2)
        if reply.fault is not Fault.ENDLESS:
            lines.append(f"Content-Length: {length}")
        return _head_bytes(lines) + reply.body

    async def _watched(self, writer: asyncio.StreamWriter, first: bytes) -> None:
        queue: asyncio.Queue[bytes] = asyncio.Queue()
        self._watchers.add(queue)
        try:
            writer.write(first)
            while True:
                writer.write(_chunk(await queue.get()))
                await writer.drain()
        finally:
            self._watchers.discard(queue)


class StandInHttp:
    """The same as an `Http`; it takes its time from `clock`, so that virtual time serves. Watching is not offered."""

    def __init__(self, stand_in: StandIn, clock: Clock) -> None:
        """Requests to any socket end here."""
        self.stand_in = stand_in
        self._clock = clock

    async def fetch(self, request: HttpRequest) -> HttpResponse:
        """One question."""
        url = urlsplit(request.url)
        target = url.path + (f"?{url.query}" if url.query else "")
        headers = {name.lower(): value for name, value in request.headers.items()}
        reply = self.stand_in.answer(request.method, target, headers)
        if reply.delay_s is None or reply.delay_s > request.timeout_s or reply.watches:
            await self._clock.sleep(request.timeout_s)
            raise HostError(Failure.TIMEOUT, f"no answer within {request.timeout_s:g} s")
        await self._clock.sleep(reply.delay_s)
        if reply.fault is Fault.GARBAGE:
            raise HostError(Failure.OTHER, NOT_HTTP)
        if reply.fault is Fault.HALF:
            raise HostError(Failure.CLOSED, "the other side closed the connection before the answer was complete")
        return HttpResponse(
            status=reply.status,
            headers={name.lower(): value for name, value in self.stand_in.headers()},
            body=reply.body[: request.max_bytes],
            truncated=len(reply.body) > request.max_bytes or reply.fault is Fault.ENDLESS,
            timings=HttpTimings(),
            remote=None,
            tls=None,
            url=request.url,
        )


def _remove_left(path: str) -> None:
    """A socket that a killed process left is in nobody's way."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
        if stat.S_ISSOCK(os.stat(path).st_mode):
            try:
                asking.connect(path)
            except ConnectionRefusedError:
                os.unlink(path)


def _head(data: bytes) -> tuple[str, str, dict[str, str]]:
    """Raises `ValueError`."""
    first, *lines = data.decode("latin-1").split("\r\n")
    method, target, _version = first.split(" ")
    pairs = (line.partition(":") for line in lines if line)
    return method, target, {name.strip().lower(): value.strip() for name, _, value in pairs}


def _head_bytes(lines: list[str]) -> bytes:
    return "\r\n".join([*lines, "", ""]).encode()


def _chunk(data: bytes) -> bytes:
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"
