"""Streams on bare sockets, which can be handed over to another loop once they are open.

An asyncio transport stays with its asyncio loop, with the TLS state inside. Here both are in the socket itself, so that
names, TCP, TLS and greetings are asyncio's work, and what comes after them is not. Clients only.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl

from natscope.host.api import Failure, HostError, Listener, ServerTls, Stream, StreamHandler, TlsInfo, TlsOptions
from natscope.host.real.failures import host_error, timed_out
from natscope.host.real.sockaddr import from_sockaddr, to_sockaddr
from natscope.host.real.streams import TlsContextsOnDemand, unconnected
from natscope.model.endpoint import Endpoint, IPAddress


class SocketStream:
    """One connection; `detach` gives the socket away."""

    def __init__(self, sock: socket.socket, contexts: TlsContextsOnDemand) -> None:
        """Take a connected, non-blocking socket over."""
        self._sock = sock
        self._contexts = contexts
        self._tls: TlsInfo | None = None
        self._is_detached = False
        self.local: Endpoint = from_sockaddr(sock.getsockname())
        self.remote: Endpoint = from_sockaddr(sock.getpeername())

    @property
    def tls(self) -> TlsInfo | None:
        """The handshake, when there was one."""
        return self._tls

    def detach(self) -> socket.socket:
        """The socket, an `ssl.SSLSocket` after `start_tls`, which may hold bytes to read; the stream is over."""
        self._is_detached = True
        return self._sock

    async def read(self, limit: int) -> bytes:
        """At least one and at most `limit` bytes, empty at the end. Raises `HostError`."""
        while True:
            try:
                return self._sock.recv(limit)
            except (BlockingIOError, ssl.SSLWantReadError):
                await self._ready(for_writing=False)
            except ssl.SSLWantWriteError:
                await self._ready(for_writing=True)
            except OSError as error:
                raise self._translate(error, f"reading from {self.remote}") from error

    async def write(self, data: bytes) -> None:
        """Write all of it, waiting while the peer is slow. Raises `HostError`."""
        view = memoryview(data)
        while view:
            try:
                view = view[self._sock.send(view) :]
            except (BlockingIOError, ssl.SSLWantWriteError):
                await self._ready(for_writing=True)
            except ssl.SSLWantReadError:
                await self._ready(for_writing=False)
            except OSError as error:
                raise self._translate(error, f"writing to {self.remote}") from error

    async def start_tls(self, options: TlsOptions) -> None:
        """Become a TLS client; after a failure the connection is gone."""
        contexts = self._contexts.get()
        doing = f"TLS with {options.server_name or self.remote}"
        try:
            if self._tls is not None:
                raise HostError(Failure.NOT_SUPPORTED, f"{doing}: TLS inside TLS cannot be handed over")
            context = await contexts.prepare(options)
            name = options.server_name.rstrip(".") or None
            sock = context.wrap_socket(self._sock, server_hostname=name, do_handshake_on_connect=False)
            self._sock = sock
            began = asyncio.get_running_loop().time()
            await self._shake_hands(sock)
            self._tls = contexts.check(sock, options, doing, asyncio.get_running_loop().time() - began)
        except (OSError, ValueError) as error:
            self._abort()
            raise contexts.host_error(error, doing) from error
        except BaseException:
            self._abort()
            raise

    async def close(self) -> None:
        """Close both directions; never raises."""
        self._abort()

    async def _shake_hands(self, sock: ssl.SSLSocket) -> None:
        while True:
            try:
                sock.do_handshake()
                return
            except ssl.SSLWantReadError:
                await self._ready(for_writing=False)
            except ssl.SSLWantWriteError:
                await self._ready(for_writing=True)

    async def _ready(self, *, for_writing: bool) -> None:
        loop = asyncio.get_running_loop()
        fd = self._sock.fileno()
        if fd < 0:
            raise HostError(Failure.CLOSED, f"the connection to {self.remote} is closed")
        waiting: asyncio.Future[None] = loop.create_future()
        add, remove = (loop.add_writer, loop.remove_writer) if for_writing else (loop.add_reader, loop.remove_reader)
        add(fd, lambda: None if waiting.done() else waiting.set_result(None))
        try:
            await waiting
        finally:
            remove(fd)

    def _abort(self) -> None:
        if not self._is_detached:
            with contextlib.suppress(OSError):
                self._sock.close()

    def _translate(self, error: OSError, doing: str) -> HostError:
        if self._tls is not None:
            return self._contexts.get().host_error(error, doing)
        return host_error(error, doing)


class SocketStreams:
    """Opens such connections; it does not listen."""

    def __init__(self) -> None:
        """TLS contexts of its own."""
        self._contexts = TlsContextsOnDemand()

    async def connect(
        self, target: Endpoint, *, timeout_s: float, source: IPAddress | None = None, interface: str | None = None
    ) -> Stream:
        """Connect to one address. Raises `HostError`."""
        doing = f"cannot connect to {target}"
        sock = unconnected(target, source, interface, doing)
        try:
            async with asyncio.timeout(timeout_s):
                await asyncio.get_running_loop().sock_connect(sock, to_sockaddr(target))
            return SocketStream(sock, self._contexts)
        except TimeoutError as error:
            sock.close()
            raise timed_out(doing, timeout_s) from error
        except OSError as error:
            sock.close()
            raise host_error(error, doing) from error
        except BaseException:
            sock.close()
            raise

    async def connect_unix(self, path: str, *, timeout_s: float) -> Stream:
        """Not offered. Raises `HostError`."""
        raise HostError(Failure.NOT_SUPPORTED, f"cannot connect to the socket {path}: not offered here")

    async def listen(self, local: Endpoint, handler: StreamHandler, *, tls: ServerTls | None = None) -> Listener:
        """Not offered. Raises `HostError`."""
        raise HostError(Failure.NOT_SUPPORTED, f"cannot listen on {local}: not offered here")
