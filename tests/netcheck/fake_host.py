"""A host in memory with virtual time: scripted relays, names, interfaces. An hour passes in a millisecond."""

from __future__ import annotations

import asyncio
import ipaddress
import random
import selectors
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import msgspec

from natscope.host.api import (
    CAPABILITIES,
    Datagram,
    DefaultRoute,
    EchoReply,
    Failure,
    Host,
    HostError,
    Identity,
    Interface,
    LinkFacts,
    Listener,
    ResolverFacts,
    ServerTls,
    Stream,
    StreamHandler,
    UdpError,
    UdpSocket,
)
from natscope.host.http_api import HttpRequest, HttpResponse, HttpTimings
from natscope.host.system_api import System, UntoldSystem
from natscope.model.endpoint import Endpoint, Family, IPAddress
from natscope.wire.stun.message import encode_binding_success

T = TypeVar("T")
START = 1000.0
LOCAL = {4: ipaddress.ip_address("192.168.1.20"), 6: ipaddress.ip_address("2001:db8:1::20")}
PUBLIC = {4: ipaddress.ip_address("203.0.113.7"), 6: ipaddress.ip_address("2001:db8:1::20")}
LOCAL_PORT = 41641

Reply = tuple[float, Datagram | UdpError]
"""Delay in seconds and what then arrives (`received_at` is filled in)."""
Script = Callable[[bytes, Endpoint], list[tuple[float, bytes, Endpoint] | tuple[float, UdpError]]]
"""Request and asked endpoint to answers: delay, bytes, source; or delay and an ICMP error."""


class _JumpSelector(selectors.DefaultSelector):
    """Instead of waiting, it moves the loop's clock on."""

    loop: VirtualLoop

    def select(self, timeout: float | None = None) -> Any:
        if timeout is None:
            raise AssertionError("nothing is scheduled: the run hangs")
        self.loop.virtual += max(0.0, timeout)
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose time jumps to the next deadline."""

    def __init__(self) -> None:
        selector = _JumpSelector()
        selector.loop = self
        self.virtual = START
        super().__init__(selector)  # type: ignore[no-untyped-call, unused-ignore]

    def time(self) -> float:
        return self.virtual


def run_virtual(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end in virtual time."""
    loop = VirtualLoop()
    try:
        return loop.run_until_complete(work)
    finally:
        loop.close()


class FakeClock:
    def now(self) -> float:
        return asyncio.get_running_loop().time()

    def utc(self) -> datetime:
        return datetime(2026, 11, 24, 12, tzinfo=UTC) + timedelta(seconds=self.now() - START)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class FakeRng:
    def __init__(self, seed: int = 1) -> None:
        self._random = random.Random(seed)

    def bytes(self, count: int) -> bytes:
        return self._random.randbytes(count)

    def below(self, limit: int) -> int:
        return self._random.randrange(limit)


def answer(rtt_s: float, mapped: Endpoint | None = None) -> Script:
    """A healthy relay: one right answer after `rtt_s`."""

    def script(request: bytes, target: Endpoint) -> list[Any]:
        told = mapped or Endpoint(PUBLIC[target.family], LOCAL_PORT)
        return [(rtt_s, encode_binding_success(request[8:20], told), target)]

    return script


def silence(request: bytes, target: Endpoint) -> list[Any]:
    return []


def unreachable(rtt_s: float) -> Script:
    """A host without the port: ICMP port unreachable."""

    def script(request: bytes, target: Endpoint) -> list[Any]:
        return [(rtt_s, UdpError(Failure.REFUSED, target, 0.0, target.ip, request[:28]))]

    return script


class FakeUdpSocket:
    def __init__(self, world: World, family: Family, port: int, interface: str = "") -> None:
        self._world = world
        self._family = family
        self._relays = world.by_interface.get(interface, world.relays)
        self.local = Endpoint(ipaddress.ip_address("0.0.0.0" if family == 4 else "::"), port)
        self._queue: asyncio.Queue[Datagram | UdpError | None] = asyncio.Queue()

    def send(
        self,
        data: bytes,
        target: Endpoint,
        *,
        ttl: int | None = None,
        tos: int | None = None,
        dont_fragment: bool | None = None,
    ) -> float:
        failure = self._world.send_failures.get(self._family)
        if failure is not None:
            raise HostError(failure, f"cannot send: {failure.value}")
        loop = asyncio.get_running_loop()
        self._world.sent.append((loop.time() - START, target, data))
        script: Script = self._relays.get(target, silence)
        for reply in script(data, target):
            loop.call_later(reply[0], self._arrive, reply)
        return loop.time()

    def _arrive(self, reply: Any) -> None:
        now = asyncio.get_running_loop().time()
        if isinstance(reply[1], UdpError):
            error = reply[1]
            self._queue.put_nowait(msgspec.structs.replace(error, received_at=now))
        else:
            self._queue.put_nowait(Datagram(reply[1], reply[2], now))

    async def receive(self) -> Datagram | UdpError:
        item = await self._queue.get()
        if item is None:
            raise HostError(Failure.CLOSED, "closed")
        return item

    def close(self) -> None:
        self._queue.put_nowait(None)


LINKS = LinkFacts(
    interfaces=(
        Interface("lo", 1, "loopback", True, 65536, tuple(ipaddress.ip_address(a) for a in ("127.0.0.1", "::1"))),
        Interface("eth0", 2, "ethernet", True, 1500, (LOCAL[4], LOCAL[6], ipaddress.ip_address("fe80::1"))),
    ),
    default_routes=(
        DefaultRoute(4, "eth0", ipaddress.ip_address("192.168.1.1")),
        DefaultRoute(6, "eth0", ipaddress.ip_address("fe80::1")),
    ),
    os_ipv6=True,
    os_ipv4=True,
)


@dataclass
class World:
    """What a host finds outside. Everything not scripted is silent, or does not exist."""

    relays: dict[Endpoint, Script] = field(default_factory=dict)
    links: LinkFacts = LINKS
    names: dict[tuple[str, Family], Sequence[str] | Failure] = field(default_factory=dict)
    """Addresses, or the failure; `Failure.TIMEOUT` is a name server that never answers."""
    name_delay_s: float = 0.02
    resolver_facts: ResolverFacts = field(default_factory=ResolverFacts)
    by_interface: dict[str, dict[Endpoint, Script]] = field(default_factory=dict)
    """What answers sockets that are bound to an interface; others are answered by `relays`."""
    system: System | None = None
    """What the computer tells about itself; None: nothing."""
    refused_families: dict[int, Failure] = field(default_factory=dict)
    send_failures: dict[int, Failure] = field(default_factory=dict)
    echoes: dict[str, float | Failure] = field(default_factory=dict)
    pages: dict[str, HttpResponse | Failure] = field(default_factory=dict)
    """By URL."""
    page_delay_s: float = 0.03
    sources: Mapping[int, IPAddress] = field(default_factory=lambda: LOCAL)
    sent: list[tuple[float, Endpoint, bytes]] = field(default_factory=list)
    fetched: list[HttpRequest] = field(default_factory=list)

    # Udp
    async def open(
        self,
        family: Family,
        *,
        address: IPAddress | None = None,
        port: int = 0,
        interface: str | None = None,
        multicast: bool = False,
    ) -> UdpSocket:
        if family in self.refused_families:
            raise HostError(self.refused_families[family], "cannot bind")
        return FakeUdpSocket(self, family, port or LOCAL_PORT, interface or "")

    # Resolver
    async def facts(self) -> ResolverFacts:
        return self.resolver_facts

    async def addresses(self, name: str, family: Family, *, timeout_s: float) -> Sequence[IPAddress]:
        found = self.names.get((name, family), Failure.NAME_NOT_FOUND)
        await asyncio.sleep(timeout_s if found is Failure.TIMEOUT else self.name_delay_s)
        if isinstance(found, Failure):
            raise HostError(found, f"looking up {name}: {found.value}")
        return [ipaddress.ip_address(text) for text in found]

    # Links
    async def look(self) -> LinkFacts:
        return self.links

    async def source_for(self, target: IPAddress) -> IPAddress | None:
        return self.sources.get(target.version)

    # Icmp
    async def echo(self, target: IPAddress, *, payload: bytes, timeout_s: float) -> EchoReply:
        found = self.echoes.get(str(target), Failure.TIMEOUT)
        if isinstance(found, Failure):
            await asyncio.sleep(timeout_s if found is Failure.TIMEOUT else 0)
            raise HostError(found, f"ICMP echo to {target}: {found.value}")
        await asyncio.sleep(found)
        return EchoReply(found, target)

    # Http
    async def fetch(self, request: HttpRequest) -> HttpResponse:
        self.fetched.append(request)
        found = self.pages.get(request.url, Failure.TIMEOUT)
        if isinstance(found, Failure):
            await asyncio.sleep(request.timeout_s if found is Failure.TIMEOUT else self.page_delay_s)
            raise HostError(found, f"{request.url}: {found.value}")
        await asyncio.sleep(self.page_delay_s)
        return found

    def host(self) -> Host:
        return Host(
            identity=Identity("lab", "Debian 12", "6.1", "x86_64", "3.11"),
            clock=FakeClock(),
            rng=FakeRng(),
            udp=self,
            streams=_NoStreams(),
            resolver=self,
            links=self,
            icmp=self,
            capabilities=CAPABILITIES | ({"system"} if self.system is not None else set()),
            system=self.system or UntoldSystem(),
        )


class _NoStreams:
    async def connect(
        self, target: Endpoint, *, timeout_s: float, source: IPAddress | None = None, interface: str | None = None
    ) -> Stream:
        raise HostError(Failure.REFUSED, "refused")

    async def connect_unix(self, path: str, *, timeout_s: float) -> Stream:
        raise HostError(Failure.REFUSED, "refused")

    async def listen(self, local: Endpoint, handler: StreamHandler, *, tls: ServerTls | None = None) -> Listener:
        raise HostError(Failure.REFUSED, "refused")


def page(status: int, headers: Mapping[str, str] | None = None, *, request_s: float | None = 0.03) -> HttpResponse:
    """An HTTP answer."""
    timings = HttpTimings(connect_s=0.01, tls_s=0.02, request_s=request_s)
    return HttpResponse(status, dict(headers or {}), b"", False, timings, None, None, "", 200, 150)
