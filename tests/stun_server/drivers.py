"""Starts the STUN server by any of its drivers, on loopback, for one contract test on all of them."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import ipaddress
import math
import socket
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from natscope.host.real.host import build_real_host
from natscope.host.real.udp_batch import is_supported
from natscope.machines.helper.server import HelperServer
from natscope.machines.stun_responder import HOME, Place, StunResponder
from natscope.model.endpoint import Endpoint
from natscope.stun_server.blocking import BlockingServer, Engine
from natscope.stun_server.limits import SourceLimiter
from natscope.stun_server.server import HostServer
from natscope.stun_server.service import StunService

SILENCE_S = 0.25
"""So long a client waits before it calls it silence; a control answer behind it shows that the server lives."""


@dataclass(frozen=True)
class Running:
    """A server that answers."""

    service: StunService
    locals_: Sequence[Endpoint]


def missing(engine: Engine) -> str:
    """Why this engine can't run here; empty when it can."""
    if engine is Engine.NUMPY and importlib.util.find_spec("numpy") is None:
        return "numpy is not installed"
    if engine in (Engine.NUMPY, Engine.BATCH) and not is_supported():
        return "this system has no recvmmsg"
    return ""


@contextlib.contextmanager
def running(
    engine: Engine,
    locals_: Sequence[Endpoint],
    places: Sequence[Place] = (),
    *,
    rate: float = 5.0,
    own: Sequence[Endpoint] = (),
    helper: HelperServer | None = None,
    both: bool = False,
    total_rate: float = math.inf,
) -> Iterator[Running]:
    """A server on `locals_` (port 0: any) until the block ends: alternate if `places` are given.

    Those of a `helper` make it no alternate, unless it is `both`.
    """
    by_place = dict(zip(places, locals_, strict=True)) if places and (both or helper is None) else {}
    limiter = SourceLimiter(rate, max(20, round(4 * rate)), total_rate=total_rate)
    service = StunService(StunResponder(by_place, own), limiter, helper)
    if engine is Engine.ASYNCIO:
        with _on_host(service, locals_, places or (HOME,) * len(locals_)) as bound:
            yield Running(service, bound)
        return
    server = BlockingServer(service, locals_, engine, places)
    thread = threading.Thread(target=server.serve)
    thread.start()
    try:
        yield Running(service, server.locals)
    finally:
        server.stop()
        thread.join(10)
        assert not thread.is_alive()
        server.close()


@contextlib.contextmanager
def _on_host(service: StunService, locals_: Sequence[Endpoint], places: Sequence[Place]) -> Iterator[list[Endpoint]]:
    bound: list[Endpoint] = []
    ready = threading.Event()
    stops: list[tuple[asyncio.AbstractEventLoop, HostServer]] = []

    async def main() -> None:
        server = await HostServer.open(build_real_host(), service, locals_, places)
        stops.append((asyncio.get_running_loop(), server))
        bound.extend(server.locals)
        ready.set()
        await server.serve()

    thread = threading.Thread(target=lambda: asyncio.run(main()))
    thread.start()
    assert ready.wait(10)
    try:
        yield bound
    finally:
        loop, server = stops[0]
        loop.call_soon_threadsafe(server.close)
        thread.join(10)
        assert not thread.is_alive()


def client(address: str = "127.0.0.1", port: int = 0) -> socket.socket:
    """A bound UDP socket with a short patience."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    sock.bind((address, port))
    sock.settimeout(5)
    return sock


def end_of(sock: socket.socket) -> Endpoint:
    """Where a socket is bound."""
    host, port, *_ = sock.getsockname()
    return Endpoint(ipaddress.ip_address(host), port)


def ask(sock: socket.socket, data: bytes, server: Endpoint) -> tuple[bytes, Endpoint]:
    """Send, and the next datagram with its source."""
    sock.sendto(data, (str(server.ip), server.port))
    answer, (host, port, *_) = sock.recvfrom(70_000)
    return answer, Endpoint(ipaddress.ip_address(host), port)


def everything(sock: socket.socket, *, until_silence_s: float = SILENCE_S) -> list[bytes]:
    """All datagrams until none comes for a while."""
    found = []
    sock.settimeout(until_silence_s)
    with contextlib.suppress(TimeoutError):
        while True:
            found.append(sock.recv(70_000))
    sock.settimeout(5)
    return found


def free_quad(first: str, second: str) -> dict[Place, Endpoint]:
    """Two addresses and two ports that are free on both."""
    for _ in range(20):
        with contextlib.ExitStack() as stack:
            ports = []
            for _ in range(2):
                sock = stack.enter_context(client(first))
                ports.append(sock.getsockname()[1])
            with contextlib.suppress(OSError):
                for port in ports:
                    stack.enter_context(client(second, port))
                return {
                    Place(a, p): Endpoint(ipaddress.ip_address(ip), ports[p])
                    for a, ip in enumerate((first, second))
                    for p in (0, 1)
                }
    raise AssertionError("no two free ports")
