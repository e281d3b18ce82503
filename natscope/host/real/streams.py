"""TCP and Unix connections and listeners of this computer, plain or TLS, over asyncio transports."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
from typing import TYPE_CHECKING

from natscope.host.api import Failure, HostError, Listener, ServerTls, Stream, StreamHandler, TlsInfo, TlsOptions
from natscope.host.real.connection import CLOSE_S, Connection
from natscope.host.real.failures import host_error, timed_out
from natscope.host.real.sockaddr import bind_to_interface, family_constant, from_sockaddr, to_sockaddr
from natscope.model.endpoint import Endpoint, IPAddress

if TYPE_CHECKING:
    from natscope.host.real.tls import TlsContexts

HANDSHAKE_S = 30.0
"""The last bound of a TLS handshake; callers have shorter ones."""
_SERVER_HANDSHAKE_S = 10.0
_BACKLOG = 256


class RealStream:
    """One connection."""

    def __init__(self, connection: Connection, contexts: TlsContextsOnDemand) -> None:
        self._connection = connection
        self._contexts = contexts
        self._tls: TlsInfo | None = None
        self._local = from_sockaddr(connection.transport.get_extra_info("sockname"))
        self._remote = from_sockaddr(connection.transport.get_extra_info("peername"))
        if connection.transport.get_extra_info("ssl_object") is not None:
            self._tls = contexts.get().describe(connection.transport.get_extra_info("ssl_object"))

    @property
    def local(self) -> Endpoint:
        """Our end."""
        return self._local

    @property
    def remote(self) -> Endpoint:
        """The other end."""
        return self._remote

    @property
    def tls(self) -> TlsInfo | None:
        """The handshake, when there was one."""
        return self._tls

    async def read(self, limit: int) -> bytes:
        """At least one and at most `limit` bytes, empty at the end. Raises `HostError`."""
        try:
            return await self._connection.read(limit)
        except OSError as error:
            raise self._translate(error, f"reading from {self._remote}") from error

    async def write(self, data: bytes) -> None:
        """Write all of it, waiting while the peer is slow. Raises `HostError`."""
        try:
            await self._connection.write(data)
        except OSError as error:
            raise self._translate(error, f"writing to {self._remote}") from error

    async def start_tls(self, options: TlsOptions) -> None:
        """Become a TLS client; after a failure the connection is gone."""
        contexts = self._contexts.get()
        doing = f"TLS with {options.server_name or self._remote}"
        loop = asyncio.get_running_loop()
        try:
            context = await contexts.prepare(options)
            if self._connection.has_unread:
                raise HostError(Failure.TLS, f"{doing}: the other side does not speak TLS on this port")
            started_at = loop.time()
            transport = await loop.start_tls(
                self._connection.transport,
                self._connection,
                context,
                server_hostname=options.server_name.rstrip(".") or None,
                ssl_handshake_timeout=HANDSHAKE_S,
                ssl_shutdown_timeout=CLOSE_S,
            )
            if transport is None:
                raise HostError(Failure.TLS, f"{doing}: the connection was closed during the handshake")
            self._connection.replace_transport(transport)
            ssl_object, took_s = transport.get_extra_info("ssl_object"), loop.time() - started_at
            self._tls = contexts.check(ssl_object, options, doing, took_s)
        except (OSError, ValueError) as error:
            self._connection.abort()
            raise contexts.host_error(error, doing) from error
        except BaseException:
            self._connection.abort()
            raise

    async def close(self) -> None:
        """Close both directions, giving what was written a moment to leave; never raises."""
        await self._connection.close()

    def _translate(self, error: OSError, doing: str) -> HostError:
        if self._tls is not None:
            return self._contexts.get().host_error(error, doing)
        return host_error(error, doing)


class TlsContextsOnDemand:
    """Loads ssl and the trust store at the first TLS connection, and keeps them for the next ones."""

    def __init__(self) -> None:
        self._contexts: TlsContexts | None = None

    def get(self) -> TlsContexts:
        """The one store of TLS contexts of this host."""
        if self._contexts is None:
            from natscope.host.real.tls import TlsContexts

            self._contexts = TlsContexts()
        return self._contexts


def unconnected(target: Endpoint, source: IPAddress | None, interface: str | None, doing: str) -> socket.socket:
    """A non-blocking TCP socket, bound where that is asked for, that may connect to `target`. Raises `HostError`."""
    try:
        sock = socket.socket(family_constant(target.family), socket.SOCK_STREAM)
    except OSError as error:
        raise host_error(error, doing) from error
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if interface is not None:
            bind_to_interface(sock, target.family, interface)
        if source is not None:
            sock.bind(to_sockaddr(Endpoint(source, 0)))
    except OSError as error:
        sock.close()
        raise host_error(error, doing) from error
    return sock


class RealStreams:
    """Opens and accepts connections."""

    def __init__(self) -> None:
        self._contexts = TlsContextsOnDemand()

    async def connect(
        self, target: Endpoint, *, timeout_s: float, source: IPAddress | None = None, interface: str | None = None
    ) -> Stream:
        """Connect to one address. Raises `HostError`."""
        doing = f"cannot connect to {target}"
        sock = unconnected(target, source, interface, doing)
        try:
            return await self._finish(sock, to_sockaddr(target), timeout_s, doing)
        except OSError as error:
            sock.close()
            raise host_error(error, doing) from error

    async def connect_unix(self, path: str, *, timeout_s: float) -> Stream:
        """Connect to a Unix socket. Raises `HostError`."""
        doing = f"cannot connect to the socket {path}"
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            sock.setblocking(False)
            return await self._finish(sock, path, timeout_s, doing)
        except OSError as error:
            sock.close()
            if not error.errno and not isinstance(error, TimeoutError):
                raise HostError(Failure.OTHER, f"{doing}: {error}") from error  # "AF_UNIX path too long"
            raise host_error(error, doing) from error

    async def _finish(
        self,
        sock: socket.socket,
        address: str | tuple[str, int] | tuple[str, int, int, int],
        timeout_s: float,
        doing: str,
    ) -> Stream:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(timeout_s) as limit:
                await loop.sock_connect(sock, address)
                _transport, connection = await loop.create_connection(Connection, sock=sock)
                return RealStream(connection, self._contexts)
        except TimeoutError as error:
            sock.close()
            if limit.expired():
                raise timed_out(doing, timeout_s) from error
            raise
        except asyncio.CancelledError:
            sock.close()
            raise

    async def listen(self, local: Endpoint, handler: StreamHandler, *, tls: ServerTls | None = None) -> Listener:
        """Listen on one address; each connection is served by a task of its own. Raises `HostError`."""
        doing = f"cannot listen on {local}"
        context = None
        if tls is not None:
            try:
                context = self._contexts.get().server(tls)
            except (OSError, ValueError) as error:
                raise HostError(Failure.TLS, f"{doing}: the certificate or its key cannot be used") from error
        listener = RealListener(handler, self._contexts)
        try:
            sock = _listening_socket(local)
        except OSError as error:
            raise host_error(error, doing) from error
        listener.server = await asyncio.get_running_loop().create_server(
            listener.accept,
            sock=sock,
            backlog=_BACKLOG,
            ssl=context,
            ssl_handshake_timeout=_SERVER_HANDSHAKE_S if context else None,
            ssl_shutdown_timeout=CLOSE_S if context else None,
        )
        listener.local = from_sockaddr(sock.getsockname())
        return listener


def _listening_socket(local: Endpoint) -> socket.socket:
    sock = socket.socket(family_constant(local.family), socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        if sys.platform != "win32":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if local.family == 6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind(to_sockaddr(local))
        # Already here, not only in create_server: two sockets may be bound with SO_REUSEADDR, but not both listen.
        sock.listen(_BACKLOG)
    except OSError:
        sock.close()
        raise
    return sock


class RealListener:
    """A listening socket and the tasks that serve its connections."""

    local: Endpoint
    server: asyncio.Server

    def __init__(self, handler: StreamHandler, contexts: TlsContextsOnDemand) -> None:
        self._handler = handler
        self._contexts = contexts
        self._tasks: dict[asyncio.Task[None], Connection] = {}

    def accept(self) -> Connection:
        """A protocol for the next connection."""
        return Connection(self._on_connected)

    def _on_connected(self, connection: Connection) -> None:
        task = asyncio.get_running_loop().create_task(self._serve(connection))
        self._tasks[task] = connection
        task.add_done_callback(self._on_done)

    def _on_done(self, task: asyncio.Task[None]) -> None:
        self._tasks.pop(task, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            context = {"message": "a connection's handler failed", "exception": error, "task": task}
            task.get_loop().call_exception_handler(context)

    async def _serve(self, connection: Connection) -> None:
        try:
            with contextlib.suppress(HostError):
                stream = RealStream(connection, self._contexts)
                try:
                    await self._handler(stream)
                finally:
                    await stream.close()
        finally:
            connection.abort()

    async def close(self) -> None:
        """Stop listening and end the connections."""
        self.server.close()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
