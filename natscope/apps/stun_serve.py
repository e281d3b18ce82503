"""Puts a STUN server together: which sockets, which engine, metrics beside it, an end by signal."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from natscope.errors import UserError
from natscope.host.api import Host
from natscope.machines.stun_responder import HOME, Place, StunResponder
from natscope.model.endpoint import Endpoint, IPAddress
from natscope.stun_server.blocking import BlockingServer, Engine, available_engine
from natscope.stun_server.limits import DEFAULT_BURST, DEFAULT_RATE, SourceLimiter
from natscope.stun_server.metrics_page import listen_for_metrics
from natscope.stun_server.server import HostServer
from natscope.stun_server.service import StunService

DEFAULT_PORT = 3478
_STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """`alternate` has the other address and port of each family in `listen`; empty for the default server.

    `rate` is answers per second and source; the burst is four seconds' worth, at least 20. No `engine`: the fastest.
    """

    listen: tuple[Endpoint, ...]
    alternate: tuple[Endpoint, ...] = ()
    rate: float = DEFAULT_RATE
    metrics: Endpoint | None = None
    engine: Engine | None = None


@dataclass(frozen=True, slots=True)
class Ready:
    """The sockets are bound and answer from now on."""

    listening: tuple[Endpoint, ...]
    engine: Engine
    metrics: Endpoint | None


@dataclass(frozen=True, slots=True)
class Sockets:
    """Where to listen, and which place of the alternate server each socket is (all `HOME` in the default one)."""

    locals_: tuple[Endpoint, ...]
    places: tuple[Place, ...]

    @property
    def by_place(self) -> dict[Place, Endpoint]:
        """What `StunResponder` wants: empty for the default server."""
        return {} if self.places == (HOME,) * len(self.places) else dict(zip(self.places, self.locals_, strict=True))


def parse_listen(text: str) -> tuple[Endpoint, ...]:
    """`192.0.2.1`, `192.0.2.1:3478`, `2001:db8::1`, `[2001:db8::1]:3478`, or `:3478` for all addresses.

    Raises `UserError`.
    """
    if text.startswith(":") and text[1:].isdecimal() and int(text[1:]) <= 65535:
        return tuple(Endpoint(ip, int(text[1:])) for ip in (ipaddress.IPv4Address(0), ipaddress.IPv6Address(0)))
    with contextlib.suppress(ValueError):
        return (Endpoint.parse(text),)
    with contextlib.suppress(ValueError):
        return (Endpoint(ipaddress.ip_address(text.strip("[]")), DEFAULT_PORT),)
    raise UserError(f'"{text}" is no address to listen on', hint="an address with or without port: 192.0.2.1:3478")


def plan_sockets(options: ServeOptions) -> Sockets:
    """The sockets of the server. Raises `UserError` for an alternate that does not go with its primary."""
    if not options.alternate:
        return Sockets(options.listen, (HOME,) * len(options.listen))
    found: dict[Place, Endpoint] = {}
    if sorted(end.family for end in options.listen) != sorted(end.family for end in options.alternate):
        raise UserError("--alternate needs one --listen ADDRESS:PORT of the same family, and each its own")
    for first, (primary, other) in zip((0, 2), _pairs(options), strict=False):
        for address, ip in enumerate((primary.ip, other.ip)):
            for number, port in enumerate((primary.port, other.port)):
                found[Place(first + address, number)] = Endpoint(ip, port)
    return Sockets(tuple(found.values()), tuple(found))


def _pairs(options: ServeOptions) -> Iterator[tuple[Endpoint, Endpoint]]:
    others = {end.family: end for end in options.alternate}
    if len(others) < len(options.alternate):
        raise UserError("--alternate can be given once per family")
    for primary in options.listen:
        other = others[primary.family]
        if primary.ip.is_unspecified or other.ip.is_unspecified:
            raise UserError("--alternate needs addresses, not wildcards", hint="--listen 192.0.2.1:3478")
        if 0 in (primary.port, other.port):
            raise UserError("--alternate needs ports, not 0")
        if primary.ip == other.ip or primary.port == other.port:
            raise UserError(f"--alternate {other} must differ from {primary} in address and in port")
        yield primary, other


def serve(options: ServeOptions, host: Host, on_ready: Callable[[Ready], None]) -> StunService:
    """Serve until SIGTERM or SIGINT; gives the service for its counters.

    Must run in the main thread. Raises `HostError` when a socket can't be bound, `UserError` for bad options.
    """
    sockets = plan_sockets(options)
    own = asyncio.run(_own_endpoints(host, sockets.locals_))
    responder = StunResponder(sockets.by_place, own)
    burst = max(DEFAULT_BURST, round(4 * options.rate))
    service = StunService(responder, SourceLimiter(options.rate, burst))
    engine = options.engine or available_engine()
    if engine is Engine.ASYNCIO:
        asyncio.run(_serve_on_host(options, host, service, sockets, on_ready))
    else:
        _serve_blocking(options, host, service, sockets, engine, on_ready)
    return service


async def _own_endpoints(host: Host, listening: Sequence[Endpoint]) -> list[Endpoint]:
    """What nobody else can be: where we listen, a wildcard as all addresses of this computer."""
    facts = await host.links.look()
    addresses: list[IPAddress] = [ip for interface in facts.interfaces for ip in interface.addresses]
    own = []
    for local in listening:
        same_family = [ip for ip in addresses if ip.version == local.ip.version]
        own += [Endpoint(ip, local.port) for ip in (same_family if local.ip.is_unspecified else [local.ip])]
    return own


def _serve_blocking(
    options: ServeOptions,
    host: Host,
    service: StunService,
    sockets: Sockets,
    engine: Engine,
    on_ready: Callable[[Ready], None],
) -> None:
    server = BlockingServer(service, sockets.locals_, engine, sockets.places)
    try:
        with _metrics_thread(options.metrics, host, service) as metrics, _stopped_by_signal(server.stop):
            on_ready(Ready(tuple(server.locals), engine, metrics))
            server.serve()
    finally:
        server.close()


async def _serve_on_host(
    options: ServeOptions, host: Host, service: StunService, sockets: Sockets, on_ready: Callable[[Ready], None]
) -> None:
    server = await HostServer.open(host, service, sockets.locals_, sockets.places)
    listener = None
    try:
        if options.metrics is not None:
            listener = await listen_for_metrics(host, options.metrics, service)
        loop = asyncio.get_running_loop()
        with _stopped_by_signal(lambda: loop.call_soon_threadsafe(server.close)):
            on_ready(Ready(tuple(server.locals), Engine.ASYNCIO, listener.local if listener else None))
            await server.serve()
    finally:
        server.close()
        if listener is not None:
            await listener.close()


@contextlib.contextmanager
def _stopped_by_signal(stop: Callable[[], object]) -> Iterator[None]:
    before = {number: signal.signal(number, lambda *_: stop()) for number in _STOP_SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _metrics_thread(local: Endpoint | None, host: Host, service: StunService) -> Iterator[Endpoint | None]:
    """The metrics page on a loop of its own, beside the blocking one; sleeps unless somebody asks."""
    if local is None:
        yield None
        return
    loop = asyncio.new_event_loop()
    try:
        listener = loop.run_until_complete(listen_for_metrics(host, local, service))
    except BaseException:
        loop.close()
        raise
    thread = threading.Thread(target=loop.run_forever, name="metrics", daemon=True)
    thread.start()
    try:
        yield listener.local
    finally:
        asyncio.run_coroutine_threadsafe(listener.close(), loop).result(timeout=5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=5)
        loop.close()
