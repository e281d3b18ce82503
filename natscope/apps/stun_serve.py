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
from natscope.machines.helper.peer_link import peer_key
from natscope.machines.helper.server import HelperServer
from natscope.machines.helper.trains import MAX_RATE
from natscope.machines.stun_responder import HOME, Place, StunResponder
from natscope.model.endpoint import Endpoint, IPAddress
from natscope.stun_server.blocking import BlockingServer, Engine, available_engine
from natscope.stun_server.limits import DEFAULT_RATE, limiter_for
from natscope.stun_server.metrics_page import listen_for_metrics
from natscope.stun_server.server import HostServer
from natscope.stun_server.service import StunService

DEFAULT_PORT = 3478
_STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """`alternate` has the other address and port of each family in `listen`; empty for the default server.

    `rate` is answers per second and source (`limits.limiter_for` has the rest). No `engine`: the fastest.
    `helper`: offer what docs/helper.md describes.
    """

    listen: tuple[Endpoint, ...]
    alternate: tuple[Endpoint, ...] = ()
    rate: float = DEFAULT_RATE
    metrics: Endpoint | None = None
    engine: Engine | None = None
    helper: HelperOptions | None = None


@dataclass(frozen=True, slots=True)
class HelperOptions:
    """Where ordered packets come from: always the next port; and `addresses` of this computer, or `peers`.

    A peer is another helper's first endpoint; all that send for each other know `secret`. `train_rate` packets a
    second of a train are counted at most, with 0 none.
    """

    addresses: tuple[IPAddress, ...] = ()
    peers: tuple[Endpoint, ...] = ()
    secret: bytes = b""
    train_rate: int = MAX_RATE


@dataclass(frozen=True, slots=True)
class Ready:
    """The sockets are bound and answer from now on."""

    listening: tuple[Endpoint, ...]
    engine: Engine
    metrics: Endpoint | None


@dataclass(frozen=True, slots=True)
class Sockets:
    """Where to listen, and which place each socket is (all `HOME` in a server that is neither alternate nor helper)."""

    locals_: tuple[Endpoint, ...]
    places: tuple[Place, ...]

    @property
    def by_place(self) -> dict[Place, Endpoint]:
        """Empty where all are `HOME`."""
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
    _check_helper(options)
    if options.helper is not None and not options.alternate:
        return _helper_sockets(options.listen, options.helper)
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


def _helper_sockets(listen: Sequence[Endpoint], helper: HelperOptions) -> Sockets:
    """One or two addresses a family, each with its port and the next one."""
    found: dict[Place, Endpoint] = {}
    for end in listen:
        first = 0 if end.family == 4 else 2
        if Place(first, 0) in found:
            raise UserError("--helper takes one --listen per family")
        if not 0 < end.port < 65535:
            raise UserError(f"--helper needs a port and the next one, not {end.port}", hint="--listen 192.0.2.1:3478")
        others = [ip for ip in helper.addresses if ip.version == end.family]
        if others and end.ip.is_unspecified:
            raise UserError("--helper-address needs --listen ADDRESS, not all addresses", hint="--listen 192.0.2.1")
        for address, ip in enumerate((end.ip, *others[:1])):
            for number in (0, 1):
                found[Place(first + address, number)] = Endpoint(ip, end.port + number)
    return Sockets(tuple(found.values()), tuple(found))


def _check_helper(options: ServeOptions) -> None:
    helper = options.helper
    if helper is None:
        return
    families = {end.family for end in options.listen}
    for name, given in (("--helper-address", helper.addresses), ("--helper-peer", [p.ip for p in helper.peers])):
        versions = [ip.version for ip in given]
        if len(set(versions)) < len(versions):
            raise UserError(f"{name} can be given once per family")
        if not set(versions) <= families:
            raise UserError(f"{name} is of a family that no --listen has")
    if any(end.ip in helper.addresses for end in options.listen):
        raise UserError("--helper-address must be another address than --listen")
    if helper.peers and not helper.secret:
        raise UserError("--helper-peer needs --helper-secret-file, the same on both")
    if helper.peers and (helper.addresses or options.alternate):
        raise UserError("a helper has a second address of its own, or a peer, not both")
    if helper.addresses and options.alternate:
        raise UserError("--alternate names the second address already: leave --helper-address out")


def make_helper(options: ServeOptions, sockets: Sockets, own: Sequence[Endpoint], key: bytes) -> HelperServer | None:
    """The helper as the options want it, None without. `key` is random. Raises `UserError` for a secret too short."""
    helper = options.helper
    if helper is None:
        return None
    try:
        common = peer_key(helper.secret) if helper.secret else None
    except ValueError as error:
        raise UserError(str(error), hint="head -c 32 /dev/urandom | base64 > FILE") from error
    peers = {peer.family: peer for peer in helper.peers}
    return HelperServer(key, sockets.by_place, peers=peers, common=common, own=own, train_rate=helper.train_rate)


def serve(options: ServeOptions, host: Host, on_ready: Callable[[Ready], None]) -> StunService:
    """Serve until SIGTERM or SIGINT; gives the service for its counters.

    Must run in the main thread. Raises `HostError` when a socket can't be bound, `UserError` for bad options.
    """
    sockets = plan_sockets(options)
    own = asyncio.run(own_endpoints(host, sockets.locals_))
    responder = StunResponder(sockets.by_place if options.alternate else {}, own)
    helper = make_helper(options, sockets, own, host.rng.bytes(32))
    service = StunService(responder, limiter_for(options.rate), helper)
    engine = options.engine or available_engine()
    if engine is Engine.ASYNCIO:
        asyncio.run(_serve_on_host(options, host, service, sockets, on_ready))
    else:
        _serve_blocking(options, host, service, sockets, engine, on_ready)
    return service


async def own_endpoints(host: Host, listening: Sequence[Endpoint]) -> list[Endpoint]:
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
